import * as tf from '@tensorflow/tfjs';
import type { LabelledTensors } from '../models/lossGradient.ts';
import type { ImageSet } from './dataset.ts';

/**
 * The given images as tensors, pixels scaled to [0, 1].
 *
 * @param set where the images are
 * @param samples which images, by index
 * @returns images [n, numbers in an image] and labels, int32 [n]
 */
export function imageTensors(set: ImageSet, samples: Int32Array): LabelledTensors {
  const size = set.pixels.length / set.count;
  const values = new Float32Array(samples.length * size);
  samples.forEach((sample, row) => {
    const from = sample * size;
    for (let i = 0; i < size; i++) values[row * size + i] = set.pixels[from + i] / 255;
  });
  return {
    images: tf.tensor2d(values, [samples.length, size]),
    labels: tf.tensor1d(Int32Array.from(samples, (sample) => set.labels[sample]), 'int32'),
  };
}
