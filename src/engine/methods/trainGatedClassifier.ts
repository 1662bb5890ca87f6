import * as tf from '@tensorflow/tfjs';
import { dropoutMask } from '../models/dropoutMask.ts';
import type { GatedClassifier } from '../models/gatedClassifier.ts';
import { gatedGradient } from '../models/gatedGradient.ts';
import { type Parameters, sgdStep } from '../models/parameters.ts';
import type { WeightedImages } from '../models/weightedImages.ts';
import type { Random } from '../random.ts';
import { tidy } from '../tidy.ts';

export interface GatedTraining {
  readonly iterations: number;
  readonly learningRate: number;
  readonly dropout: number;
  /** Of the dropout masks. */
  readonly random: Random;
}

/**
 * Updates a gated classifier so many times on the same images. Returns new parameters; what is given stays.
 *
 * @param targets class probabilities, [classes, n]
 * @returns also the loss of each image before the first update, under that update's dropout, in nats, [n]
 */
export function trainGatedClassifier(
  classifier: GatedClassifier,
  start: Parameters,
  images: WeightedImages,
  targets: tf.Tensor2D,
  { iterations, learningRate, dropout, random }: GatedTraining,
): { parameters: Parameters; losses: tf.Tensor1D } {
  const count = images.rows.shape[0];
  const update = (parameters: Parameters) =>
    tidy(() => {
      const mask = dropout === 0 ? null : dropoutMask([classifier.hidden, count], dropout, random);
      const { losses, gradient } = gatedGradient(parameters, images, targets, mask);
      return { losses, parameters: sgdStep(parameters, gradient, learningRate) };
    });
  const first = update(start);
  let { parameters } = first;
  for (let iteration = 1; iteration < iterations; iteration++) {
    const next = update(parameters);
    tf.dispose([next.losses, ...Object.values(parameters)]);
    parameters = next.parameters;
  }
  return { parameters, losses: first.losses };
}
