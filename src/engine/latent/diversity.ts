import * as tf from '@tensorflow/tfjs';

/**
 * DIV: the mean squared difference between each latent and all that earlier rounds found, over those and over
 * dimensions, [n]. The paper's coefficients belong to a mean over dimensions, not to a sum.
 *
 * @param latents [n, dimensions]
 * @param earlier [m, dimensions], m > 0; no gradient flows into them
 */
export function diversity(latents: tf.Tensor2D, earlier: tf.Tensor2D): tf.Tensor1D {
  // mean |z − e|² = |z − mean e|² + mean |e − mean e|²
  const centre = tf.mean(earlier, 0);
  return tf.add(tf.mean(tf.squaredDifference(latents, centre), 1), tf.mean(tf.squaredDifference(earlier, centre)));
}
