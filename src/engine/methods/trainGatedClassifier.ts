import * as tf from '@tensorflow/tfjs';
import { dropoutMask } from '../models/dropoutMask.ts';
import { backFromOutput, firstLayer } from '../models/gatedGradient.ts';
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

/** Between two iterations. */
interface Iterated {
  /** What the first layer gives, [2 · hidden, n]. */
  readonly first: tf.Tensor2D;
  /** Sum over iterations of its gradient, [2 · hidden, n]. */
  readonly gradients: tf.Tensor2D;
  /** `1.weight` and `1.bias`. */
  readonly output: Parameters;
}

/**
 * Updates a gated classifier so many times on the same images. Returns new parameters; what is given stays.
 *
 * Exactly so many steps of gradient descent, but the first layer's weights are formed only at the end. A step moves
 * W by −α D Xᵀ and b by −α D 1, so it moves W X + b by −α D (XᵀX + 1): with the n × n matrix XᵀX at hand, no
 * iteration has to touch the pixels.
 *
 * @param targets class probabilities, [classes, n]
 * @returns also the loss of each image before the first update, under that update's dropout, in nats, [n]
 */
export function trainGatedClassifier(
  start: Parameters,
  images: WeightedImages,
  targets: tf.Tensor2D,
  { iterations, learningRate, dropout, random }: GatedTraining,
): { parameters: Parameters; losses: tf.Tensor1D } {
  const { '0.weight': weight, '0.bias': bias, ...output } = start;
  const [units, count] = [weight.shape[0], images.rows.shape[0]];
  return tidy(() => {
    const products = tf.add(tf.matMul(images.rows, images.columns), 1);
    const iterate = ({ first, gradients, output: now }: Iterated): Iterated & { losses: tf.Tensor1D } =>
      tidy(() => {
        const mask = dropout === 0 ? null : dropoutMask([units / 2, count], dropout, random);
        const { losses, dFirst, outputGradient } = backFromOutput(first, now, images.weights, targets, mask);
        return {
          losses,
          first: tf.sub(first, tf.mul(tf.matMul(dFirst, products as tf.Tensor2D), learningRate)),
          gradients: tf.add(gradients, dFirst),
          output: sgdStep(now, outputGradient, learningRate),
        };
      });

    let state = iterate({ first: firstLayer(start, images), gradients: tf.zeros([units, count]), output });
    const { losses } = state;
    for (let iteration = 1; iteration < iterations; iteration++) {
      const next = iterate(state);
      tf.dispose([state.first, state.gradients, next.losses, ...Object.values(state.output)]);
      state = next;
    }
    const gradient = { '0.weight': tf.matMul(state.gradients, images.rows), '0.bias': tf.sum(state.gradients, 1) };
    const first = sgdStep({ '0.weight': weight, '0.bias': bias }, gradient, learningRate);
    return { parameters: { ...first, ...state.output }, losses };
  });
}
