import * as tf from '@tensorflow/tfjs';

/** Mean squared difference of each image from another, over its numbers, [n]. */
export function squaredError(images: tf.Tensor2D, others: tf.Tensor2D): tf.Tensor1D {
  return tf.mean(tf.square(tf.sub(images, others)), 1);
}
