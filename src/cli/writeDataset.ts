import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { writeChunk } from '../engine/data/chunk.ts';
import { DataError } from '../engine/data/dataError.ts';
import { imageSize, type Dataset } from '../engine/data/dataset.ts';
import { writeLabelFile } from '../engine/data/labelFile.ts';
import { manifestFormat, type Manifest, type ManifestFile } from '../engine/data/manifest.ts';
import type { ChunkPlan } from './chunkPlan.ts';

/** What preparing the data came to. */
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
    const problem = code === 'ENOSPC' ? 'could not be written: the disk is full' : `could not be written (${code ?? message})`;
    throw new DataError({ name: join(directory, name), remedy: 'Make room or mend the permissions, then run the command again.' }, problem);
  }
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
export async function writeDataset(dataset: Dataset, source: string, plan: ChunkPlan, directory: string): Promise<Manifest> {
  const { train, test } = dataset;
  const size = imageSize(dataset);
  await mkdir(directory, { recursive: true });
  const testIndices = Int32Array.from({ length: test.count }, (_, index) => index);
  const labels = () => writeLabelFile({ train: train.labels, test: test.labels, chunkOf: plan.chunkOf });
  const jobs: (() => Promise<ManifestFile>)[] = [
    async () => ({ kind: 'labels', ...(await writePacked(directory, 'labels', labels())) }),
    async () => ({
      kind: 'test',
      images: test.count,
      ...(await writePacked(directory, 'test', writeChunk(testIndices, test.pixels, size))),
    }),
    ...plan.chunks.map((indices, chunk) => async (): Promise<ManifestFile> => {
      const stem = `train-${String(chunk).padStart(2, '0')}`;
      return { kind: 'train', images: indices.length, ...(await writePacked(directory, stem, writeChunk(indices, train.pixels, size))) };
    }),
  ];
  const files: ManifestFile[] = [];
  for (let from = 0; from < jobs.length; from += parallel) {
    files.push(...(await Promise.all(jobs.slice(from, from + parallel).map((job) => job()))));
  }
  const manifest: Manifest = {
    format: manifestFormat,
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
