import * as tf from '@tensorflow/tfjs';
import { roundSize } from '../../latent/searchLatents.ts';
import { naiveSoftLosses } from './naiveGated.ts';

/** The coefficients of the terms that both objectives share. */
export interface SharedCoefficients {
  readonly entropy: number;
  readonly diversity: number;
  readonly shell: number;
}

/**
 * The search of Algorithm 2 in stock operations: round by round, ten latents climb the mean of a value of each, which
 * may look at what earlier rounds found.
 *
 * @param valueOf the value of each latent, [n]
 */
export function naiveSearch(
  starts: tf.Tensor2D,
  valueOf: (latents: tf.Tensor2D, earlier: tf.Tensor2D | null) => tf.Tensor,
  steps: number,
): tf.Tensor2D {
  const [count, dimensions] = starts.shape;
  const found: tf.Tensor2D[] = [];
  for (let from = 0; from < count; from += roundSize) {
    const start = tf.slice2d(starts, [from, 0], [roundSize, dimensions]);
    const earlier = found.length === 0 ? null : tf.concat2d(found, 0);
    const gradient = tf.grad((latents) => valueOf(latents as tf.Tensor2D, earlier).mean());
    let latents = start;
    for (let step = 0; step < steps; step++) latents = latents.add(gradient(latents));
    // A latent that is no longer finite goes back to its start.
    const finite = latents.isFinite().all(1, true).tile([1, dimensions]);
    found.push(latents.where(finite, start));
  }
  return tf.concat2d(found, 0);
}

/** −entropy of the previous classifier, + distance to what was found before, − distance from the shell, [n]. */
export function naiveSharedTerms(
  latents: tf.Tensor2D,
  earlier: tf.Tensor2D | null,
  previousLogits: () => tf.Tensor2D,
  { entropy, diversity, shell }: SharedCoefficients,
): tf.Tensor {
  let sum: tf.Tensor = tf.zeros([latents.shape[0]]);
  if (entropy !== 0) {
    const logits = previousLogits();
    sum = sum.sub(naiveSoftLosses(tf.softmax(logits), logits).mul(entropy));
  }
  if (diversity !== 0 && earlier !== null) {
    sum = sum.add(latents.expandDims(1).sub(earlier.expandDims(0)).square().mean([1, 2]).mul(diversity));
  }
  if (shell !== 0) sum = sum.sub(tf.norm(latents, 2, 1).sub(Math.sqrt(latents.shape[1])).square().mul(shell));
  return sum;
}
