import * as tf from '@tensorflow/tfjs';
import type { Random } from '../random.ts';

/**
 * What inverted dropout multiplies units by: 0 with probability `rate`, otherwise 1 / (1 − rate). Each random number
 * decides over two units with 16 bits each, so the rate is met to 1/65,536.
 *
 * @param shape [units, n]
 */
export function dropoutMask(shape: [number, number], rate: number, random: Random): tf.Tensor2D {
  const values = new Float32Array(shape[0] * shape[1]);
  const threshold = Math.round(rate * 65_536);
  const kept = 1 / (1 - rate);
  for (let index = 0; index < values.length; index += 2) {
    const bits = random.next();
    if ((bits & 0xffff) >= threshold) values[index] = kept;
    if (bits >>> 16 >= threshold && index + 1 < values.length) values[index + 1] = kept;
  }
  return tf.tensor2d(values, shape);
}
