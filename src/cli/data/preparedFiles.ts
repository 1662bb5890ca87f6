import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile, readFile } from 'node:fs/promises';
import { join, dirname } from 'node:path';
import { promisify } from 'node:util';
import { gzip, gunzip } from 'node:zlib';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataError, type FileReference, imageSize, type WholeDataset, type WholeSet } from '../../core/dataset.ts';
import { cifar10ValidationShare, type Labels } from '../../core/scenarios.ts';
import { neededSamples, splitTasks } from '../../core/stream.ts';
import {
  writeChunk,
  writeLabelFile,
  type BegunDataset,
  beginDataset,
  chunkOfDataset,
  placeImages,
} from '../../engine/data/chunks.ts';
import {
  type Manifest,
  type ManifestFile,
  manifestFormats,
  checkFile,
  imageFiles,
  isGzip,
  labelsFile,
  parseManifest,
  preparedData,
  type PreparedName,
} from '../../engine/data/manifest.ts';

/** How to cut a dataset into chunks. */
interface ChunkRule {
  /** The classes of each task of the scenario for which the cut is made. */
  readonly classesByTask: readonly (readonly number[])[];
  /** What each of its tasks holds out. */
  readonly validationShare: number;
  /** Samples per task of longer and longer runs: each has a chunk with what it needs beyond the run before. */
  readonly levels: readonly number[];
  /** The number of chunks for the images that none of these runs needs, in order. */
  readonly furtherChunks: number;
  /** Whether each chunk is cut once more, into one for each class: for runs that ask by task, whatever its classes. */
  readonly byClass: boolean;
}

/** Which images go into which chunk. */
interface ChunkPlan {
  /** For each chunk of training images their indices, rising. */
  readonly chunks: readonly Int32Array[];
  /** The same of test images: one chunk, or one for each class. */
  readonly testChunks: readonly Int32Array[];
  /** For each training image the number of its chunk. */
  readonly chunkOf: Uint8Array;
  /** SHA-256 of everything that decides the content of the files; it differs when they must be made again. */
  readonly recipe: string;
}

const pairsOfClasses = [
  [0, 1],
  [2, 3],
  [4, 5],
  [6, 7],
  [8, 9],
];

/** The default run needs one small chunk; the others are each under a megabyte. */
export const mnistChunks: ChunkRule = {
  classesByTask: pairsOfClasses,
  validationShare: 0.05,
  levels: [1_000],
  furtherChunks: 10,
  byClass: false,
};

/** A task of two classes needs about 28 MB; that of a shorter run less, 1.5 MB for 500 samples. */
export const cifar10Chunks: ChunkRule = {
  classesByTask: pairsOfClasses,
  validationShare: cifar10ValidationShare,
  levels: [500, 1_000, 1_500, ...Array.from({ length: 9 }, (_, index) => 1_000 * (index + 2))],
  furtherChunks: 1,
  byClass: true,
};

/** Seed of the runs that need the fewest chunks: the page's default. */
const seed = 0;

/**
 * Cuts the training images so that a run of seed 0 can start after a small download.
 *
 * @param source name of the package that the images come from
 */
export function planChunks(source: string, { train, test }: Labels, rule: ChunkRule): ChunkPlan {
  const placed = new Set<number>();
  const chunks: Int32Array[] = [];
  const classes = rule.byClass ? [...new Set(train)].sort((one, other) => one - other) : [null];
  const place = (indices: Int32Array) => {
    for (const label of classes) {
      const chunk = label === null ? indices : indices.filter((index) => train[index] === label);
      if (chunk.length > 0) chunks.push(chunk);
    }
    for (const index of indices) placed.add(index);
  };
  for (const samplesPerTask of rule.levels) {
    const needed = neededSamples(
      splitTasks(train, test, { seed, samplesPerTask }, rule.classesByTask, rule.validationShare),
    );
    place(needed.filter((index) => !placed.has(index)).sort());
  }
  const rest = Int32Array.from(train.keys()).filter((index) => !placed.has(index));
  const length = Math.max(1, Math.ceil(rest.length / rule.furtherChunks));
  for (let from = 0; from < rest.length; from += length) place(rest.slice(from, from + length));

  const chunkOf = new Uint8Array(train.length);
  chunks.forEach((indices, chunk) => indices.forEach((index) => (chunkOf[index] = chunk)));
  const all = Int32Array.from(test.keys());
  const ofClasses = rule.classesByTask.flatMap((labels) =>
    labels.map((label) => all.filter((index) => test[index] === label)),
  );
  const testChunks = rule.byClass && ofClasses.every(({ length }) => length > 0) ? ofClasses : [all];
  const recipe = createHash('sha256')
    .update(`${formatOf(testChunks)} ${source} ${train.length} ${test.length} `)
    .update(train)
    .update(test)
    .update(chunkOf)
    .digest('hex');
  return { chunks, testChunks, chunkOf, recipe };
}

function formatOf(testChunks: readonly unknown[]): Manifest['format'] {
  return testChunks.length === 1 ? manifestFormats.whole : manifestFormats.testByClass;
}

/** The result of preparing the data. */
export interface Prepared {
  readonly kind: 'written' | 'upToDate';
  readonly manifest: Manifest;
}

const compress = promisify(gzip);
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const temporaryPrefix = '.writing-';
const hour = 3_600_000;
/** Files compressed at a time: one for each thread that Node keeps for it. */
const parallel = 4;

/** Writes under another name first, so that a reader never sees half a file. */
async function writeWhole(directory: string, name: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(directory, `${temporaryPrefix}${process.pid}-${name}`);
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, join(directory, name));
  } catch (error) {
    await rm(temporary, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const problem =
      code === 'ENOSPC' ? 'could not be written: the disk is full' : `could not be written (${code ?? message})`;
    throw new DataError(
      { name: join(directory, name), remedy: 'Make room or fix the permissions, then run the command again.' },
      problem,
      null,
    );
  }
}

/** Compresses and writes one file. Its name carries its hash, so that no cache hands out an older one. */
async function writePacked(
  directory: string,
  stem: string,
  content: Uint8Array,
): Promise<Omit<Extract<ManifestFile, { kind: 'labels' }>, 'kind'>> {
  const packed = await compress(content, { level: 7, memLevel: 9 });
  const sha256 = hashOf(packed);
  const name = `${stem}.${sha256.slice(0, 8)}.bin`;
  await writeWhole(directory, name, packed);
  return { name, bytes: packed.length, sha256, contentBytes: content.length, contentSha256: hashOf(content) };
}

/** Removes what no manifest lists; another process may still be writing its younger temporary files. */
async function removeStale(directory: string, manifest: Manifest): Promise<void> {
  const listed = new Set(['manifest.json', ...manifest.files.map(({ name }) => name)]);
  for (const name of await readdir(directory)) {
    if (listed.has(name)) continue;
    const path = join(directory, name);
    const young = name.startsWith(temporaryPrefix) && Date.now() - (await stat(path)).mtimeMs < hour;
    if (!young) await rm(path, { recursive: true, force: true });
  }
}

/**
 * Writes a dataset as the compact files that the page fetches. The same dataset and plan give the same
 * bytes on the same version of Node.
 *
 * @param source name of the package that it comes from
 * @param directory where the files go; everything else in it is removed
 * @throws DataError if a file cannot be written
 */
export async function writeDataset(
  dataset: WholeDataset,
  source: string,
  plan: ChunkPlan,
  directory: string,
): Promise<Manifest> {
  const { train, test } = dataset;
  const size = imageSize(dataset);
  await mkdir(directory, { recursive: true });
  const labels = () => writeLabelFile({ train: train.labels, test: test.labels, chunkOf: plan.chunkOf });
  const jobsOf = (kind: 'train' | 'test', chunks: readonly Int32Array[]) =>
    chunks.map((indices, chunk) => async (): Promise<ManifestFile> => {
      const stem = chunks.length === 1 ? kind : `${kind}-${String(chunk).padStart(2, '0')}`;
      const content = writeChunk(indices, dataset[kind].pixels, size);
      return { kind, images: indices.length, ...(await writePacked(directory, stem, content)) };
    });
  const jobs: (() => Promise<ManifestFile>)[] = [
    async () => ({ kind: 'labels', ...(await writePacked(directory, 'labels', labels())) }),
    ...jobsOf('test', plan.testChunks),
    ...jobsOf('train', plan.chunks),
  ];
  const files: ManifestFile[] = [];
  for (let from = 0; from < jobs.length; from += parallel) {
    files.push(...(await Promise.all(jobs.slice(from, from + parallel).map((job) => job()))));
  }
  const manifest: Manifest = {
    format: formatOf(plan.testChunks),
    name: dataset.name,
    source,
    recipe: plan.recipe,
    imageShape: [...dataset.imageShape],
    classNames: [...dataset.classNames],
    counts: { train: train.count, test: test.count },
    files,
  };
  await writeWhole(directory, 'manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  await removeStale(directory, manifest);
  return manifest;
}

/** Where the prepared files of a dataset are: the static site serves them from the same place. */
export function dataDirectory(name: PreparedName): string {
  return join(packageDirectory(), 'public/data', name, '/');
}

/** The folder of package.json above this file, wherever a bundle puts the file. */
function packageDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json')) && dirname(directory) !== directory)
    directory = dirname(directory);
  return directory;
}

const unpack = promisify(gunzip);

/** The files of one prepared dataset. */
interface Files {
  readonly directory: string;
  readonly script: string;
}

/** A prepared dataset with its labels, and what is needed to read its images. */
interface Begun {
  readonly manifest: Manifest;
  readonly prepared: BegunDataset;
}

function reference({ directory, script }: Files, name: string): FileReference {
  return { name: join(directory, name), remedy: `Run "npm run ${script} -- --force" to prepare the data again.` };
}

async function read(files: Files, name: string): Promise<Uint8Array> {
  const path = join(files.directory, name);
  const { size } = await stat(path).catch(() => ({ size: null }));
  // Some files of the kernel say that they are empty, and whoever reads from one waits for ever: no such is opened.
  if (size === 0) throw new DataError(reference(files, name), 'is empty', null);
  return readFile(path).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'is missing' : `cannot be read (${code ?? message})`;
    throw new DataError({ name: path, remedy: `Run "npm run ${files.script}" to prepare the data.` }, problem, null);
  });
}

/** Reads one file, checks it against the manifest and unpacks it. */
async function readContent(files: Files, listed: ManifestFile): Promise<Uint8Array> {
  const bytes = await read(files, listed.name);
  await checkFile(reference(files, listed.name), listed, bytes);
  return isGzip(bytes) ? unpack(bytes) : bytes;
}

async function begin(files: Files): Promise<Begun> {
  const text = new TextDecoder().decode(await read(files, 'manifest.json'));
  const manifest = parseManifest(reference(files, 'manifest.json'), text);
  const labels = labelsFile(manifest);
  return {
    manifest,
    prepared: beginDataset(manifest, reference(files, labels.name), await readContent(files, labels)),
  };
}

/**
 * Reads a complete dataset from the files that its script prepares.
 *
 * @param directory where they are; the project's own by default
 * @throws DataError if a file is missing, short, corrupted or foreign
 */
export async function readPrepared(name: PreparedName, directory: string = dataDirectory(name)): Promise<WholeDataset> {
  const files = { directory, script: preparedData[name].script };
  const { manifest, prepared } = await begin(files);
  const whole = (labels: Uint8Array): WholeSet => {
    const pixels = new Uint8Array(labels.length * imageSize(prepared));
    return { count: labels.length, labels, pixels };
  };
  const { labels, name: title, imageShape, classNames } = prepared;
  const dataset = { name: title, imageShape, classNames, train: whole(labels.train), test: whole(labels.test) };
  for (const half of ['test', 'train'] as const) {
    for (const [index, listed] of imageFiles(manifest, half).entries()) {
      const content = await readContent(files, listed);
      const chunk = chunkOfDataset(prepared, listed, index, reference(files, listed.name), content);
      placeImages(chunk, dataset[half].pixels);
    }
  }
  return dataset;
}

/**
 * Reads the labels of both halves alone.
 *
 * @throws DataError if a file is missing, short, corrupted or foreign
 */
export async function readPreparedLabels(
  name: PreparedName,
  directory: string,
): Promise<{ readonly train: Uint8Array; readonly test: Uint8Array }> {
  const { prepared } = await begin({ directory, script: preparedData[name].script });
  return prepared.labels;
}

async function isComplete(directory: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(
    manifest.files.map(({ name }) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        () => -1,
      ),
    ),
  );
  return manifest.files.every(({ bytes }, i) => sizes[i] === bytes);
}

/** The manifest of a directory that holds every file that it lists, in its full length; or null. */
export async function currentManifest(directory: string): Promise<Manifest | null> {
  try {
    const file = { name: 'manifest.json', remedy: '' };
    const manifest = parseManifest(file, await readFile(join(directory, file.name), 'utf8'));
    return (await isComplete(directory, manifest)) ? manifest : null;
  } catch (error) {
    if (error instanceof DataError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
