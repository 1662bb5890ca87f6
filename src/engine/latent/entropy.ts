import type * as tf from '@tensorflow/tfjs';
import { softCrossEntropy } from '../models/softCrossEntropy.ts';

/** Entropy of the class probabilities of each image, in nats, [n, classes] → [n]: low where the network is sure. */
export function entropy(logits: tf.Tensor2D): tf.Tensor1D {
  return softCrossEntropy(logits, logits);
}
