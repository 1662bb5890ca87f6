import type * as tf from '@tensorflow/tfjs';
import type { Random } from '../random.ts';
import type { Parameters } from './parameters.ts';

/** A network that scores classes. */
export interface Classifier {
  /** Fresh parameters, drawn from a generator. */
  init(random: Random): Parameters;
  /** Logits, [n, classes], of images, [n, numbers in an image]. */
  apply(parameters: Parameters, images: tf.Tensor2D): tf.Tensor2D;
}
