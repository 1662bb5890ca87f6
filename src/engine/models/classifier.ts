import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../core/random.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import { crossEntropy } from './losses.ts';
import { mapParameters, type Parameters, tidy, weightedParameters } from './parameters.ts';

/** Everything a network remembers. */
export interface Variables {
  /** The parameters that SGD trains. */
  readonly parameters: Parameters;
  /** Running statistics of batch normalisation; empty for a network without it. */
  readonly statistics: Parameters;
}

/** The outputs of a network for a batch. */
export interface Output {
  /** [n, classes] */
  readonly logits: tf.Tensor2D;
  /** Input of the last layer, [n, features]. */
  readonly features: tf.Tensor2D;
}

/** A network that scores classes. Images come as [n, numbers in an image]. */
export interface Classifier {
  /** Widths from the input to the logits, if the network is a perceptron with ReLU between its layers. */
  readonly layers?: readonly number[];
  /** Fresh variables, drawn from a generator. */
  init(random: Random): Variables;
  /**
   * Training mode: batch normalisation uses the batch's own statistics. They are returned under the names of the
   * running statistics that they should move.
   */
  forward(parameters: Parameters, images: tf.Tensor2D): Output & { readonly batchStatistics: Parameters };
  /** The logits of `forward`, [n, classes], where no gradient is taken, so that little is held at a time. */
  logits(parameters: Parameters, images: tf.Tensor2D): tf.Tensor2D;
  /** Evaluation mode: batch normalisation uses the running statistics. */
  classify(variables: Variables, images: tf.Tensor2D): Output;
  /** The same with the gradients of all parameters, which `classify` need not have. */
  differentiable(variables: Variables, images: tf.Tensor2D): Output;
}

/** Share of the new in a running statistic: PyTorch's default momentum. */
const momentum = 0.1;

/** Running statistics after one more batch, or after two, one after the other. */
export function moveStatistics(
  statistics: Parameters,
  batchStatistics: Parameters,
  later: Parameters | null = null,
): Parameters {
  if (runsOnWebgpu())
    return later === null
      ? weightedParameters([1 - momentum, momentum], statistics, batchStatistics)
      : weightedParameters(
          [(1 - momentum) ** 2, (1 - momentum) * momentum, momentum],
          statistics,
          batchStatistics,
          later,
        );
  const move = (before: Parameters, by: Parameters) =>
    mapParameters((running, batch) => tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum)), before, by);
  const moved = move(statistics, batchStatistics);
  return later === null ? moved : move(moved, later);
}

/** Cross-entropy of each example under the parameters, in training mode, in nats, [n]; without a gradient. */
export function lossOf(classifier: Classifier, parameters: Parameters, examples: LabelledTensors): tf.Tensor1D {
  return tidy(() => crossEntropy(classifier.logits(parameters, examples.images), examples.labels));
}

/** The result of one backward pass. */
export interface LossGradient {
  /** Loss of each example, in nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** Gradient of the mean of a loss with respect to the parameters. */
  readonly gradient: Parameters;
  /** The batch's own statistics, if the network normalises by them. */
  readonly batchStatistics: Parameters;
}

/** The same, with what the network made of the images. */
interface LossGradientAndLogits extends LossGradient {
  /** [n, classes] */
  readonly logits: tf.Tensor2D;
}

/** The cross-entropy of each example, and the gradient of the mean. */
export function lossAndGradient(
  classifier: Classifier,
  parameters: Parameters,
  examples: LabelledTensors,
): LossGradient {
  return gradientOf(classifier, parameters, examples.images, ({ logits }) => crossEntropy(logits, examples.labels));
}

/** The loss of each example by its logits, and the gradient of the mean, with those logits. */
export function logitsAndGradient(
  classifier: Classifier,
  parameters: Parameters,
  images: tf.Tensor2D,
  lossesOf: (logits: tf.Tensor2D) => tf.Tensor1D,
): LossGradientAndLogits {
  const kept: { logits: tf.Tensor2D | null } = { logits: null };
  const gradient = gradientOf(classifier, parameters, images, ({ logits }) => {
    // The gradient's own scope would free them.
    kept.logits = tf.keep(logits);
    return lossesOf(logits);
  });
  if (kept.logits === null) throw new Error('The gradient was formed without a forward pass.');
  const logits = tf.clone(kept.logits);
  kept.logits.dispose();
  return { ...gradient, logits };
}

/** A network in training mode: a classifier, or another network that normalises by the batch. */
interface Network<Output> {
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
  const { value, grads } = tf.valueAndGrads(withParameters)(
    Object.values(parameters),
    weights ?? tf.fill([count], 1 / count),
  );
  const batchStatistics = mapParameters(tf.clone, kept.statistics);
  tf.dispose(kept.statistics);
  return {
    losses: value,
    gradient: Object.fromEntries(names.map((name, index) => [name, grads[index]])),
    batchStatistics,
  };
}
