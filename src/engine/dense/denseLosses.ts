import * as tf from '@tensorflow/tfjs';

/** Cross-entropies with what their gradient needs. */
export interface DenseLosses {
  /** In nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** ∂ loss / ∂ logits of each example, softmax − one-hot, [n, classes]. */
  readonly deltas: tf.Tensor2D;
}

/**
 * The cross-entropy of each example, −log softmax(logits)[label].
 *
 * @param logits [n, classes]
 * @param oneHot labels, [n, classes]
 */
export function denseLosses(logits: tf.Tensor2D, oneHot: tf.Tensor2D): DenseLosses {
  const shifted = tf.sub(logits, tf.max(logits, 1, true));
  const exponentials = tf.exp(shifted);
  const total = tf.sum(exponentials, 1, true);
  const losses: tf.Tensor1D = tf.sub(tf.log(tf.squeeze(total, [1])), tf.sum(tf.mul(shifted, oneHot), 1));
  return { losses, deltas: tf.sub(tf.div(exponentials, total), oneHot) };
}
