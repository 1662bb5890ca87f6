import * as tf from '@tensorflow/tfjs';
import type { Weights, WeightVariables } from './weights.ts';

/** Normalises what the layer before gave. */
export type NaiveNormalise = (x: tf.Tensor4D, name: string) => tf.Tensor4D;

const epsilon = 1e-5;
/** Share of the new in a running statistic. */
const momentum = 0.1;

/**
 * Batch normalisation by the batch's own moments, of stock operations.
 *
 * @param running running statistics to move on the way; null to leave them
 */
export function byBatch(weights: Weights, running: WeightVariables | null): NaiveNormalise {
  return (x, name) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    if (running !== null) {
      const count = x.size / x.shape[3];
      move(running[`${name}.running_mean`], mean);
      move(running[`${name}.running_var`], variance.mul(count / (count - 1)));
    }
    return normalised(x, weights, name, mean as tf.Tensor1D, variance as tf.Tensor1D);
  };
}

/** By running statistics. */
export function byRunning(weights: Weights, running: Weights): NaiveNormalise {
  return (x, name) => normalised(x, weights, name, running[`${name}.running_mean`] as tf.Tensor1D, running[`${name}.running_var`] as tf.Tensor1D);
}

function normalised(x: tf.Tensor4D, weights: Weights, name: string, mean: tf.Tensor1D, variance: tf.Tensor1D): tf.Tensor4D {
  return tf.batchNorm4d(x, mean, variance, weights[`${name}.bias`] as tf.Tensor1D, weights[`${name}.weight`] as tf.Tensor1D, epsilon);
}

function move(running: tf.Variable, batch: tf.Tensor): void {
  running.assign(running.mul(1 - momentum).add(batch.mul(momentum)));
}
