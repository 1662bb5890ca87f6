import * as tf from '@tensorflow/tfjs';
import { byBatch } from './normalisation.ts';
import { convolution } from './convolution.ts';
import { dense, type Weights, type WeightVariables } from './weights.ts';

/** A classifier in training mode: logits, [n, classes], of images, [n, numbers in an image]. */
export type NaiveNetwork = (weights: Weights, images: tf.Tensor2D, running: WeightVariables | null) => tf.Tensor2D;

/** Fully connected layers with ReLU between them, in the order of their weights. */
export const naivePerceptron: NaiveNetwork = (weights, images) => {
  const names = Object.keys(weights).filter((name) => name.endsWith('.weight')).map((name) => name.replace('.weight', ''));
  return names.reduce((x, name, index) => {
    const z = dense(weights, name, x);
    return index === names.length - 1 ? z : tf.relu(z);
  }, images);
};

/** ResNet-18 with the engine's names of its layers. */
export function naiveResnet([height, width, channels]: readonly [number, number, number]): NaiveNetwork {
  return (weights, images, running) => {
    const normalise = byBatch(weights, running);
    const convolve = (x: tf.Tensor4D, name: string, stride: number, padding: number) => convolution(x, weights[`${name}.weight`] as tf.Tensor4D, stride, padding);
    let x: tf.Tensor4D = tf.reshape(images, [images.shape[0], height, width, channels]);
    x = tf.relu(normalise(convolve(x, 'conv1', 1, 1), 'bn1'));
    for (let block = 0; block < 8; block++) {
      const name = `blocks.${block}`;
      const halves = block > 0 && block % 2 === 0;
      const hidden = tf.relu(normalise(convolve(x, `${name}.conv1`, halves ? 2 : 1, 1), `${name}.bn1`));
      const residual = normalise(convolve(hidden, `${name}.conv2`, 1, 1), `${name}.bn2`);
      const shortcut = halves ? normalise(convolve(x, `${name}.short.0`, 2, 0), `${name}.short.1`) : x;
      x = tf.relu(tf.add(residual, shortcut));
    }
    const pooled = tf.avgPool(x, 4, 4, 'valid');
    // Channel by channel, as PyTorch flattens.
    const features: tf.Tensor2D = tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [images.shape[0], pooled.size / images.shape[0]]);
    return dense(weights, 'linear', features);
  };
}

/** Cross-entropy of each image, [n]. */
export function naiveLosses(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, logits.shape[1]), logits, 1, 0, tf.Reduction.NONE);
}
