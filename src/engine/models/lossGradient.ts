import * as tf from '@tensorflow/tfjs';
import type { Classifier } from './classifier.ts';
import { crossEntropy } from './crossEntropy.ts';
import type { Parameters } from './parameters.ts';

/** Labelled images as tensors: [n, numbers in an image] and int32 [n]. */
export interface LabelledTensors {
  readonly images: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
}

/** Cross-entropy of each example under the parameters, in nats, [n]. */
export function lossOf(classifier: Classifier, parameters: Parameters, examples: LabelledTensors): tf.Tensor1D {
  return crossEntropy(classifier.apply(parameters, examples.images), examples.labels);
}

/**
 * The loss of each example, [n], and the gradient of their mean with respect to the parameters.
 */
export function lossAndGradient(
  classifier: Classifier,
  parameters: Parameters,
  examples: LabelledTensors,
): { losses: tf.Tensor1D; gradient: Parameters } {
  const names = Object.keys(parameters);
  const withParameters = (...tensors: tf.Tensor[]) =>
    lossOf(classifier, Object.fromEntries(names.map((name, index) => [name, tensors[index]])), examples);
  const count = examples.labels.shape[0];
  const { value, grads } = tf.valueAndGrads(withParameters)(Object.values(parameters), tf.fill([count], 1 / count));
  return {
    losses: value,
    gradient: Object.fromEntries(names.map((name, index) => [name, grads[index]])),
  };
}
