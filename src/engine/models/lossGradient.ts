import * as tf from '@tensorflow/tfjs';
import { tidy } from '../tidy.ts';
import type { Classifier } from './classifier.ts';
import { crossEntropy } from './crossEntropy.ts';
import { mapParameters, type Parameters } from './parameters.ts';

/** Labelled images as tensors: [n, numbers in an image] and int32 [n]. */
export interface LabelledTensors {
  readonly images: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
}

/** Cross-entropy of each example under the parameters, in training mode, in nats, [n]. */
export function lossOf(classifier: Classifier, parameters: Parameters, examples: LabelledTensors): tf.Tensor1D {
  return tidy(() => crossEntropy(classifier.forward(parameters, examples.images).logits, examples.labels));
}

/** What one backward pass gives. */
export interface LossGradient {
  /** Loss of each example, in nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** Gradient of the mean of a loss with respect to the parameters. */
  readonly gradient: Parameters;
  /** What the batch's own statistics were, where the network normalises by them. */
  readonly batchStatistics: Parameters;
}

/** The cross-entropy of each example, and the gradient of the mean. */
export function lossAndGradient(classifier: Classifier, parameters: Parameters, examples: LabelledTensors): LossGradient {
  return gradientOf(classifier, parameters, examples.images, ({ logits }) => crossEntropy(logits, examples.labels));
}

/** What gives an output in training mode: a classifier, or another network that normalises by the batch. */
export interface Network<Output> {
  forward(parameters: Parameters, images: tf.Tensor2D): Output & { readonly batchStatistics: Parameters };
}

/**
 * The loss of each example and the gradient of their mean, or of another weighted sum.
 *
 * @param lossesOf loss of each example, [n], given what the network makes of the images in training mode
 * @param weights of each loss in the sum whose gradient is taken, [n]; 1/n of each without
 */
export function gradientOf<Output>(
  network: Network<Output>,
  parameters: Parameters,
  images: tf.Tensor2D,
  lossesOf: (output: Output) => tf.Tensor1D,
  weights?: tf.Tensor1D,
): LossGradient {
  const names = Object.keys(parameters);
  const kept: { statistics: Parameters } = { statistics: {} };
  const withParameters = (...tensors: tf.Tensor[]) => {
    const named = Object.fromEntries(names.map((name, index) => [name, tensors[index]]));
    const output = network.forward(named, images);
    // The gradient's own scope would free them.
    kept.statistics = mapParameters(tf.keep, output.batchStatistics);
    return lossesOf(output);
  };
  const count = images.shape[0];
  const { value, grads } = tf.valueAndGrads(withParameters)(Object.values(parameters), weights ?? tf.fill([count], 1 / count));
  const batchStatistics = mapParameters(tf.clone, kept.statistics);
  tf.dispose(kept.statistics);
  return {
    losses: value,
    gradient: Object.fromEntries(names.map((name, index) => [name, grads[index]])),
    batchStatistics,
  };
}
