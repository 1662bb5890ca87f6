import * as tf from '@tensorflow/tfjs';
import { dense, type Weights } from './weights.ts';

/**
 * The gated classifier of generative replay in stock operations, [n, numbers in an image] → [n, classes].
 *
 * @param mask what dropout multiplies the hidden units by, [n, hidden]; null in evaluation mode
 */
export function naiveGatedLogits(weights: Weights, images: tf.Tensor2D, mask: tf.Tensor2D | null = null): tf.Tensor2D {
  const gated = (x: tf.Tensor2D, name: string) => {
    const [value, gate] = tf.split(dense(weights, name, x), 2, 1);
    return { value, open: tf.sigmoid(gate) };
  };
  const first = gated(images, '0');
  const hidden: tf.Tensor2D = tf.relu(first.value).mul(first.open);
  const second = gated(mask === null ? hidden : hidden.mul(mask), '1');
  return second.value.mul(second.open);
}

/** Cross-entropy of each image against class probabilities, [n]. */
export function naiveSoftLosses(targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D {
  return targets.mul(tf.logSoftmax(logits)).sum<tf.Tensor1D>(1).neg();
}
