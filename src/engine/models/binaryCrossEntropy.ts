import * as tf from '@tensorflow/tfjs';

/**
 * Binary cross-entropy of each example between sigmoid(logits) and targets in [0, 1], summed over classes,
 * in nats.
 *
 * @param logits [n, classes]
 * @param targets [n, classes]; no gradient flows into them
 * @returns [n]
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor1D {
  const losses = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    save([tf.sub(tf.sigmoid(z), targets)]);
    // max(z, 0) − z t + ln(1 + e^−|z|) stays finite for logits of any size.
    const each = tf.add(tf.sub(tf.relu(z), tf.mul(z, targets)), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(z))))));
    return {
      value: tf.sum(each, 1),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0], tf.expandDims(dy, 1)),
    };
  });
  return losses(logits) as tf.Tensor1D;
}
