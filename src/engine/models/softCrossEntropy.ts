import * as tf from '@tensorflow/tfjs';

/**
 * Cross-entropy between the class probabilities of one network and of another, −Σ softmax(reference) ·
 * log softmax(logits), in nats; not averaged. With the same logits twice it is their entropy. Gradients flow
 * into both.
 *
 * @param logits [n, classes]
 * @param reference logits of the network that is believed, [n, classes]
 * @returns [n]
 */
export function softCrossEntropy(logits: tf.Tensor2D, reference: tf.Tensor2D): tf.Tensor1D {
  return tf.neg(tf.sum(tf.mul(tf.softmax(reference), tf.logSoftmax(logits)), 1));
}
