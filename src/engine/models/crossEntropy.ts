import * as tf from '@tensorflow/tfjs';

/**
 * Cross-entropy of each example, −log softmax(logits)[label], in nats; not averaged.
 *
 * @param logits [n, classes]
 * @param labels class indices, int32 [n]
 * @returns [n]
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const oneHot = tf.oneHot(labels, logits.shape[1]).toFloat();
  const losses = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    const shifted = tf.sub(z, tf.max(z, 1, true));
    const exponentials = tf.exp(shifted);
    const total = tf.sum(exponentials, 1, true);
    save([tf.sub(tf.div(exponentials, total), oneHot)]);
    const value = tf.sub(tf.log(tf.squeeze(total, [1])), tf.sum(tf.mul(shifted, oneHot), 1));
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0], tf.expandDims(dy, 1)),
    };
  });
  return losses(logits) as tf.Tensor1D;
}
