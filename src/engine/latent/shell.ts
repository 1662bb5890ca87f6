import * as tf from '@tensorflow/tfjs';

/**
 * SHELL: (‖z‖ − √d)² of each latent of d dimensions, [n]. Nearly all of a standard normal distribution lies near the
 * sphere of radius √d, where the decoder has been trained.
 */
export function shell(latents: tf.Tensor2D): tf.Tensor1D {
  // The floor keeps the gradient of the norm finite at z = 0.
  const norm = tf.sqrt(tf.maximum(tf.sum(tf.square(latents), 1), 1e-12));
  return tf.square(tf.sub(norm, Math.sqrt(latents.shape[1])));
}
