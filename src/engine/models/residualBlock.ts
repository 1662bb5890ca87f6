import * as tf from '@tensorflow/tfjs';
import { conv2d } from './conv2d.ts';
import type { Normalise } from './normaliser.ts';
import type { Parameters } from './parameters.ts';

/**
 * A residual block that activates first: x + F(x), F being ReLU, 3×3 convolution, batch normalisation, ReLU,
 * 1×1 convolution, both convolutions with bias.
 *
 * @param name what its parameters' names start with
 * @param x [n, height, width, channels]
 * @returns of x's shape
 */
export function residualBlock(name: string, parameters: Parameters, normalise: Normalise, x: tf.Tensor4D): tf.Tensor4D {
  const convolve = (input: tf.Tensor4D, layer: string, padding: number): tf.Tensor4D =>
    tf.add(conv2d(input, parameters[`${name}.${layer}.weight`] as tf.Tensor4D, 1, padding), parameters[`${name}.${layer}.bias`]);

  const hidden = tf.relu(normalise(convolve(tf.relu(x), 'conv3', 1), `${name}.bn`));
  return tf.add(x, convolve(hidden, 'conv1', 0));
}
