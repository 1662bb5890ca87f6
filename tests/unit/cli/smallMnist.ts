import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceDirectory } from '../../../src/cli/data/mnist.ts';

/** Bytes of an IDX file of labels. */
export function idxLabels(labels: readonly number[], count = labels.length): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + labels.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x801);
  view.setUint32(4, count);
  bytes.set(labels, 8);
  return bytes;
}

/** Bytes of an IDX file of images, of which pixel p of image i is (i · 31 + p · 7) mod 256, or as given. */
export function idxImages(
  count: number,
  height = 28,
  width = 28,
  pixel: (image: number, position: number) => number = (image, position) => image * 31 + position * 7,
): Uint8Array<ArrayBuffer> {
  const size = height * width;
  const bytes = new Uint8Array(16 + count * size);
  const view = new DataView(bytes.buffer);
  [0x803, count, height, width].forEach((value, i) => view.setUint32(4 * i, value));
  for (let i = 0; i < count * size; i++) bytes[16 + i] = pixel(Math.floor(i / size), i % size);
  return bytes;
}

/** Labels 0 … 9 again and again, in an order that is not sorted. */
export function cyclingLabels(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * 3) % 10);
}

export const smallTrain = 12_000;
export const smallTest = 300;

/** Writes four IDX files as complete MNIST has them, only fewer images; each training image differs. */
export async function writeSmallMnist(name = 'small-mnist@1.0.0'): Promise<SourceDirectory> {
  const directory = await mkdtemp(join(tmpdir(), 'small-mnist-'));
  await mkdir(directory, { recursive: true });
  const numbered = (image: number, position: number) => (position < 2 ? image >> (8 * position) : image + position);
  await Promise.all([
    writeFile(join(directory, 'train-images-idx3-ubyte'), idxImages(smallTrain, 28, 28, numbered)),
    writeFile(join(directory, 'train-labels-idx1-ubyte'), idxLabels(cyclingLabels(smallTrain))),
    writeFile(join(directory, 't10k-images-idx3-ubyte'), idxImages(smallTest, 28, 28, numbered)),
    writeFile(join(directory, 't10k-labels-idx1-ubyte'), idxLabels(cyclingLabels(smallTest))),
  ]);
  return { name, directory };
}
