import * as tf from '@tensorflow/tfjs';
import type { Random } from '../random.ts';
import { mapParameters, type Parameters } from './parameters.ts';

/** Everything a network remembers. */
export interface Variables {
  /** What SGD trains. */
  readonly parameters: Parameters;
  /** Running statistics of batch normalisation; empty for a network without it. */
  readonly statistics: Parameters;
}

/** What a network makes of a batch. */
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
   * Training mode: batch normalisation goes by the batch's own statistics, which are returned under the
   * names of the running statistics that they should move.
   */
  forward(parameters: Parameters, images: tf.Tensor2D): Output & { readonly batchStatistics: Parameters };
  /** Evaluation mode: batch normalisation goes by the running statistics. */
  classify(variables: Variables, images: tf.Tensor2D): Output;
}

/** Share of the new in a running statistic: PyTorch's default momentum. */
const momentum = 0.1;

/** Running statistics after one more batch. */
export function moveStatistics(statistics: Parameters, batchStatistics: Parameters): Parameters {
  return mapParameters(
    (running, batch) => tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum)),
    statistics,
    batchStatistics,
  );
}

/** Frees a network's variables. */
export function disposeVariables({ parameters, statistics }: Variables): void {
  tf.dispose([...Object.values(parameters), ...Object.values(statistics)]);
}
