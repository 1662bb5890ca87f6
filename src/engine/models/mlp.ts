import * as tf from '@tensorflow/tfjs';
import { symmetricUniform } from '../random.ts';
import type { Classifier, Output } from './classifier.ts';
import { linear, linearLimit } from './linear.ts';
import type { Parameters } from './parameters.ts';

/**
 * A multi-layer perceptron with ReLU between its layers (paper, section 4.1: 784-400-400-10).
 * Parameters are named as in a PyTorch `Sequential`: `0.weight`, `0.bias`, `2.weight`, …
 *
 * @param sizes widths from the input to the logits
 */
export function mlp(sizes: readonly number[]): Classifier {
  const layers = sizes.slice(1).map((out, index) => ({ in: sizes[index], out, name: String(2 * index) }));
  const apply = (parameters: Parameters, images: tf.Tensor2D): Output => {
    let features = images;
    let logits = images;
    layers.forEach((layer, index) => {
      features = index === 0 ? images : tf.relu(logits);
      const weight = parameters[`${layer.name}.weight`] as tf.Tensor2D;
      logits = linear(features, weight, parameters[`${layer.name}.bias`] as tf.Tensor1D);
    });
    return { logits, features };
  };
  return {
    layers: sizes,
    init(random) {
      const parameters: Record<string, tf.Tensor> = {};
      for (const layer of layers) {
        const limit = linearLimit(layer.in);
        const weight = symmetricUniform(layer.out * layer.in, limit, random);
        parameters[`${layer.name}.weight`] = tf.tensor2d(weight, [layer.out, layer.in]);
        parameters[`${layer.name}.bias`] = tf.tensor1d(symmetricUniform(layer.out, limit, random));
      }
      return { parameters, statistics: {} };
    },
    forward: (parameters, images) => ({ ...apply(parameters, images), batchStatistics: {} }),
    classify: ({ parameters }, images) => apply(parameters, images),
  };
}
