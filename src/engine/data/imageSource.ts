import * as tf from '@tensorflow/tfjs';
import type { LabelledTensors } from '../models/lossGradient.ts';
import type { ImageSet } from './dataset.ts';

/** How bytes become the numbers that a network sees. */
export interface ImageView {
  /** What 0 and 255 become. */
  readonly range: readonly [number, number];
  /**
   * Where each number of an image comes from, for tasks that permute the pixels: output i is input
   * `permutation[i]`. Null for tasks that leave them in place.
   */
  readonly permutation: (task: number) => Int32Array | null;
}

/** Gives images as tensors: [n, numbers in an image], with labels, int32 [n]. */
export type ImageSource = (samples: Int32Array, tasks: Int32Array) => LabelledTensors;

/** Bytes of one image as its task shows them; a copy only where the task permutes. */
export function imageBytes(set: ImageSet, view: ImageView, sample: number, task: number): Uint8Array {
  const size = set.pixels.length / set.count;
  const bytes = set.pixels.subarray(sample * size, (sample + 1) * size);
  const permutation = view.permutation(task);
  return permutation === null ? bytes : Uint8Array.from(permutation, (from) => bytes[from]);
}

/** Writes the numbers that a network sees of one image, as its task shows it. */
export function writeImage(set: ImageSet, { range, permutation }: ImageView, sample: number, task: number, target: Float32Array): void {
  const from = sample * target.length;
  const [low, high] = range;
  const scale = (high - low) / 255;
  const places = permutation(task);
  if (places === null) for (let i = 0; i < target.length; i++) target[i] = low + set.pixels[from + i] * scale;
  else for (let i = 0; i < target.length; i++) target[i] = low + set.pixels[from + places[i]] * scale;
}

/** Images stay bytes until a batch needs them. */
export function imageSource(set: ImageSet, view: ImageView): ImageSource {
  const size = set.pixels.length / set.count;
  return (samples, tasks) => {
    const values = new Float32Array(samples.length * size);
    samples.forEach((sample, row) => writeImage(set, view, sample, tasks[row], values.subarray(row * size, (row + 1) * size)));
    return {
      images: tf.tensor2d(values, [samples.length, size]),
      labels: tf.tensor1d(Int32Array.from(samples, (sample) => set.labels[sample]), 'int32'),
    };
  };
}
