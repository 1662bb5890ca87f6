import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeChunk } from '../engine/data/chunk.ts';
import { DataError } from '../engine/data/dataError.ts';
import { writeLabelFile } from '../engine/data/labelFile.ts';
import { manifestFormat, parseManifest, type Manifest, type ManifestFile } from '../engine/data/manifest.ts';
import { mnistClassNames } from '../engine/data/mnist.ts';
import { planChunks } from './chunkPlan.ts';
import { readHalf, readLabels, type SourceDirectory } from './mnistSource.ts';

/** What preparing the data came to. */
export interface Prepared {
  readonly kind: 'written' | 'upToDate';
  readonly manifest: Manifest;
}

const compress = promisify(gzip);
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const temporaryPrefix = '.writing-';
const hour = 3_600_000;

/** Writes under another name first, so that a reader never sees half a file. */
async function writeWhole(directory: string, name: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(directory, `${temporaryPrefix}${process.pid}-${name}`);
  await writeFile(temporary, bytes);
  await rename(temporary, join(directory, name));
}

/** Compresses and writes one file. Its name carries its hash, so that no cache hands out an older one. */
async function writePacked(
  directory: string,
  stem: string,
  content: Uint8Array,
): Promise<Omit<Extract<ManifestFile, { kind: 'labels' }>, 'kind'>> {
  const packed = await compress(content, { level: 9, memLevel: 9 });
  const sha256 = hashOf(packed);
  const name = `${stem}.${sha256.slice(0, 8)}.bin`;
  await writeWhole(directory, name, packed);
  return { name, bytes: packed.length, sha256, contentBytes: content.length, contentSha256: hashOf(content) };
}

async function isComplete(directory: string, manifest: Manifest): Promise<boolean> {
  const sizes = await Promise.all(
    manifest.files.map(({ name }) => stat(join(directory, name)).then(({ size }) => size, () => -1)),
  );
  return manifest.files.every(({ bytes }, i) => sizes[i] === bytes);
}

/** The manifest of a directory that holds just what the recipe asks for, or null. */
async function currentManifest(directory: string, recipe: string): Promise<Manifest | null> {
  try {
    const file = { name: 'manifest.json', remedy: '' };
    const manifest = parseManifest(file, await readFile(join(directory, file.name), 'utf8'));
    return manifest.recipe === recipe && (await isComplete(directory, manifest)) ? manifest : null;
  } catch (error) {
    if (error instanceof DataError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
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
 * Turns MNIST's four IDX files into the compact files that the page fetches, unless they are there already.
 * The same source gives the same bytes on the same version of Node.
 *
 * @param directory where the files go; everything else in it is removed
 * @param force whether to write even if all files are there
 * @throws DataError if the source is missing or bad
 */
export async function writeMnist(source: SourceDirectory, directory: string, force = false): Promise<Prepared> {
  const plan = planChunks(source.name, await readLabels(source, 'train'), await readLabels(source, 'test'));
  const current = force ? null : await currentManifest(directory, plan.recipe);
  if (current) return { kind: 'upToDate', manifest: current };

  const train = await readHalf(source, 'train');
  const test = await readHalf(source, 'test');
  if (train.height !== test.height || train.width !== test.width) {
    const sizes = `${test.height} × ${test.width}; the training images have ${train.height} × ${train.width}`;
    throw new DataError({ name: source.name, remedy: 'Install it again with npm ci.' }, `has test images of ${sizes}`);
  }
  const imageSize = train.height * train.width;
  await mkdir(directory, { recursive: true });
  const labels = writeLabelFile({ train: train.set.labels, test: test.set.labels, chunkOf: plan.chunkOf });
  const testIndices = Int32Array.from({ length: test.set.count }, (_, index) => index);
  const files: ManifestFile[] = await Promise.all([
    writePacked(directory, 'labels', labels).then((file) => ({ kind: 'labels' as const, ...file })),
    writePacked(directory, 'test', writeChunk(testIndices, test.set.pixels, imageSize)).then((file) => ({
      kind: 'test' as const,
      images: test.set.count,
      ...file,
    })),
    ...plan.chunks.map(async (indices, chunk) => {
      const stem = `train-${String(chunk).padStart(2, '0')}`;
      const file = await writePacked(directory, stem, writeChunk(indices, train.set.pixels, imageSize));
      return { kind: 'train' as const, images: indices.length, ...file };
    }),
  ]);
  const manifest: Manifest = {
    format: manifestFormat,
    name: 'MNIST',
    source: source.name,
    recipe: plan.recipe,
    imageShape: [train.height, train.width, 1],
    classNames: [...mnistClassNames],
    counts: { train: train.set.count, test: test.set.count },
    files,
  };
  await writeWhole(directory, 'manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
  await removeStale(directory, manifest);
  return { kind: 'written', manifest };
}
