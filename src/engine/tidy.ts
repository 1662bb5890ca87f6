import * as tf from '@tensorflow/tfjs';

/**
 * Runs a step and frees every tensor that it made, except those in what it returns. As `tf.tidy`, for
 * results that may hold null.
 */
export function tidy<T>(step: () => T): T {
  return tf.tidy(step as () => tf.TensorContainer) as T;
}
