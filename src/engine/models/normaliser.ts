import * as tf from '@tensorflow/tfjs';
import { batchNorm, runningNormalisation } from './batchNorm.ts';
import type { Variables } from './classifier.ts';
import type { Parameters } from './parameters.ts';

/** Normalises what the layer before gave, by the batch or by running statistics. */
export type Normalise = (x: tf.Tensor4D, name: string) => tf.Tensor4D;

/**
 * Batch normalisation in training mode, for the layers of a network by their names.
 *
 * @returns `batchStatistics` fills as layers are normalised, under the names of the running statistics
 */
export function batchNormaliser(parameters: Parameters): { readonly normalise: Normalise; readonly batchStatistics: Parameters } {
  const batchStatistics: Record<string, tf.Tensor> = {};
  return {
    batchStatistics,
    normalise(x, name) {
      const { y, statistics } = batchNorm(x, parameters[`${name}.weight`] as tf.Tensor1D, parameters[`${name}.bias`] as tf.Tensor1D);
      batchStatistics[`${name}.running_mean`] = statistics.mean;
      batchStatistics[`${name}.running_var`] = statistics.variance;
      return y;
    },
  };
}

/** Batch normalisation in evaluation mode, for the layers of a network by their names. */
export function runningNormaliser({ parameters, statistics }: Variables): Normalise {
  return (x, name) => {
    const { scale, shift } = runningNormalisation(parameters[`${name}.weight`] as tf.Tensor1D, parameters[`${name}.bias`] as tf.Tensor1D, {
      mean: statistics[`${name}.running_mean`] as tf.Tensor1D,
      variance: statistics[`${name}.running_var`] as tf.Tensor1D,
    });
    return tf.add(tf.mul(x, scale), shift);
  };
}
