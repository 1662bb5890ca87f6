import * as tf from '@tensorflow/tfjs';

/** What is to be raised: its value at each latent, [n, dimensions] → [n]; the value of a latent depends on it alone. */
export type Objective = (latents: tf.Tensor2D) => tf.Tensor1D;

/**
 * Gradient ascent in latent space: z ← z + size · ∇ mean(objective), the mean taken over the latents.
 *
 * @param start [n, dimensions]
 * @returns the latents at the start and after each step, steps + 1 of them
 */
export function ascend(start: tf.Tensor2D, objective: Objective, steps: number, size: number): tf.Tensor2D[] {
  const points = [start];
  const share = tf.fill([start.shape[0]], 1 / start.shape[0]);
  const gradient = tf.grad((z) => objective(z as tf.Tensor2D));
  for (let step = 0; step < steps; step++) {
    const from = points[step];
    points.push(tf.add(from, tf.mul(gradient(from, share), size)));
  }
  return points;
}
