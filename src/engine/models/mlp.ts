import * as tf from '@tensorflow/tfjs';
import type { Classifier, Output } from './classifier.ts';
import { initialLayers, linear } from './linear.ts';
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
    init: (random) => ({ parameters: initialLayers(layers, random), statistics: {} }),
    forward: (parameters, images) => ({ ...apply(parameters, images), batchStatistics: {} }),
    classify: ({ parameters }, images) => apply(parameters, images),
  };
}
