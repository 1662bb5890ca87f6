import * as tf from '@tensorflow/tfjs';
import { softCrossEntropy } from '../models/softCrossEntropy.ts';
import type { ElboParts } from '../models/vae.ts';

/**
 * How much a virtual step makes a classifier contradict the previous one: the cross-entropy of its class
 * probabilities against the previous one's, KL(previous ‖ virtual) + H(previous), in nats, [n].
 *
 * @param virtual logits, [n, classes]
 * @param previous logits, [n, classes]
 */
export function classifierInterference(virtual: tf.Tensor2D, previous: tf.Tensor2D): tf.Tensor1D {
  return softCrossEntropy(virtual, previous);
}

/** By how much the virtual VAE reconstructs an image worse than the previous one, in nats, [n]. */
export function reconstructionInterference(virtual: ElboParts, previous: ElboParts): tf.Tensor1D {
  return tf.sub(virtual.reconstruction, previous.reconstruction);
}

/** By how much the virtual VAE's posterior is farther from the prior than the previous one's, in nats, [n]. */
export function klInterference(virtual: ElboParts, previous: ElboParts): tf.Tensor1D {
  return tf.sub(virtual.kl, previous.kl);
}
