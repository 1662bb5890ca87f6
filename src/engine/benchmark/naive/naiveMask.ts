import * as tf from '@tensorflow/tfjs';
import { dropoutMask } from '../../models/dropoutMask.ts';
import type { Random } from '../../random.ts';

/** A dropout mask as the stock layout has it, [n, hidden], from the engine's draws. */
export function naiveMask(hidden: number, count: number, rate: number, random: Random): tf.Tensor2D {
  return tf.transpose(dropoutMask([hidden, count], rate, random));
}
