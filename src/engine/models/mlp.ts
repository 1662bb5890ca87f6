import * as tf from '@tensorflow/tfjs';
import type { Settings } from '../../core/config.ts';
import { type Dataset, imageSize } from '../../core/dataset.ts';
import type { Classifier, Output } from './classifier.ts';
import { initialLayers, linear } from './linear.ts';
import type { Parameters } from './parameters.ts';
import { resnet18 } from './resnet18.ts';

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
    differentiable: ({ parameters }, images) => apply(parameters, images),
  };
}

/** The network that the paper trains in a scenario (section 4.1), in the size that the settings ask for. */
export function classifierFor(
  { scenario, hidden, filters }: Pick<Settings, 'scenario' | 'hidden' | 'filters'>,
  dataset: Pick<Dataset, 'imageShape' | 'classNames'>,
): Classifier {
  const classes = dataset.classNames.length;
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return mlp([imageSize(dataset), hidden, hidden, classes]);
    case 'split-cifar10':
    case 'split-miniimagenet':
      return resnet18({ imageShape: dataset.imageShape, classes, filters });
    default:
      return scenario satisfies never;
  }
}

/** Numbers that the network's widest layer gives for one image: what a forward pass holds grows with it. */
export function widestLayer(
  { scenario, hidden, filters }: Pick<Settings, 'scenario' | 'hidden' | 'filters'>,
  dataset: Pick<Dataset, 'imageShape'>,
): number {
  const [height, width] = dataset.imageShape;
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return Math.max(imageSize(dataset), hidden);
    case 'split-cifar10':
    case 'split-miniimagenet':
      return height * width * filters;
    default:
      return scenario satisfies never;
  }
}
