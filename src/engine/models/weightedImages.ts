import * as tf from '@tensorflow/tfjs';

/**
 * Images that a network is trained on together, each with a weight in the loss. Both layouts are kept: one forward
 * and one backward product take each of them as it is, in every iteration on the same images.
 */
export interface WeightedImages {
  /** [n, numbers in an image] */
  readonly rows: tf.Tensor2D;
  /** [numbers in an image, n] */
  readonly columns: tf.Tensor2D;
  /** [1, n] */
  readonly weights: tf.Tensor2D;
}

/**
 * Weights that make the weighted sum of losses the mean over the incoming plus `coefficient` times the mean over the
 * replayed.
 *
 * @param replayed [m, numbers in an image]; null if there are none
 */
export function weightedImages(incoming: tf.Tensor2D, replayed: tf.Tensor2D | null, coefficient: number): WeightedImages {
  const rows = replayed === null ? incoming : tf.concat([incoming, replayed], 0);
  const [count, old] = [incoming.shape[0], replayed?.shape[0] ?? 0];
  const weights = Float32Array.from({ length: count + old }, (_, row) => (row < count ? 1 / count : coefficient / old));
  return { rows, columns: tf.transpose(rows), weights: tf.tensor2d(weights, [1, count + old]) };
}
