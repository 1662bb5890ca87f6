import * as tf from '@tensorflow/tfjs';
import type { Variables } from './classifier.ts';
import { runsOnXnnpack } from './convolution.ts';
import type { Parameters } from './parameters.ts';

/** Each channel's mean and variance; both [channels]. */
interface ChannelStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** What keeps the square root from zero: PyTorch's default. */
const epsilon = 1e-5;

/**
 * Batch normalisation in training mode (Ioffe & Szegedy 2015, algorithm 1): each channel is brought to mean 0
 * and variance 1 over the batch, then scaled by γ and shifted by β. The statistics are for the running ones:
 * the variance there is unbiased, where the one that normalises is not.
 *
 * @param x [n, height, width, channels]
 * @param gamma γ, [channels]
 * @param beta β, [channels]
 * @returns y, of x's shape, with the gradient of x, γ and β; and the batch's statistics
 * @throws RangeError if each channel has but one value, which has no variance
 */
export function batchNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
): { y: tf.Tensor4D; statistics: ChannelStatistics } {
  const count = x.size / x.shape[3];
  if (count < 2)
    throw new RangeError(
      'Batch normalisation needs at least two values in each channel; it found 1. Use larger batches or images.',
    );
  const mean = channelMean(x);
  const centred: tf.Tensor4D = tf.sub(x, mean);
  const variance = channelMean(tf.square(centred));
  const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));

  const normalise = tf.customGrad((...args) => {
    const [, scale, shift, save] = args as unknown as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    save([centred, inverseDeviation, scale]);
    return {
      value: tf.add(tf.mul(centred, tf.mul(scale, inverseDeviation)), shift),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        gradients(dy as tf.Tensor4D, saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D]),
    };
  });
  const y = normalise(x, gamma, beta) as tf.Tensor4D;
  return { y, statistics: { mean, variance: tf.mul(variance, count / (count - 1)) } };
}

/** With x̂ = (x − mean)/σ: dβ = Σ dy, dγ = Σ dy x̂, dx = γ/σ (dy − mean of dy − x̂ · mean of dy x̂). */
function gradients(
  dy: tf.Tensor4D,
  [centred, inverseDeviation, gamma]: [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D],
): tf.Tensor[] {
  const count = dy.size / dy.shape[3];
  const meanOfDy = channelMean(dy);
  const meanOfProduct = tf.mul(channelMean(tf.mul(dy, centred)), inverseDeviation);
  const alongX = tf.mul(centred, tf.mul(meanOfProduct, inverseDeviation));
  const dx = tf.mul(tf.sub(tf.sub(dy, alongX), meanOfDy), tf.mul(gamma, inverseDeviation));
  return [dx, tf.mul(meanOfProduct, count), tf.mul(meanOfDy, count)];
}

/** The mean over all but the channels, [channels]. */
function channelMean(x: tf.Tensor4D): tf.Tensor1D {
  const [, height, width] = x.shape;
  // Each image first: XNNPACK pools in SIMD, where wasm's own mean goes number by number.
  return runsOnXnnpack() ? tf.mean(tf.avgPool(x, [height, width], 1, 'valid'), [0, 1, 2]) : tf.mean(x, [0, 1, 2]);
}

/**
 * Batch normalisation in evaluation mode, by the running statistics, as a factor and a summand for each channel.
 *
 * @returns y = x · scale + shift; both [channels]
 */
export function runningNormalisation(
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { mean, variance }: ChannelStatistics,
): { scale: tf.Tensor1D; shift: tf.Tensor1D } {
  const scale = tf.mul<tf.Tensor1D>(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return { scale, shift: tf.sub(beta, tf.mul(mean, scale)) };
}

/** Normalises what the layer before gave, by the batch or by running statistics. */
export type Normalise = (x: tf.Tensor4D, name: string) => tf.Tensor4D;

/**
 * Batch normalisation in training mode, for the layers of a network by their names.
 *
 * @returns `batchStatistics` fills as layers are normalised, under the names of the running statistics
 */
export function batchNormaliser(parameters: Parameters): {
  readonly normalise: Normalise;
  readonly batchStatistics: Parameters;
} {
  const batchStatistics: Record<string, tf.Tensor> = {};
  return {
    batchStatistics,
    normalise(x, name) {
      const { y, statistics } = batchNorm(
        x,
        parameters[`${name}.weight`] as tf.Tensor1D,
        parameters[`${name}.bias`] as tf.Tensor1D,
      );
      batchStatistics[`${name}.running_mean`] = statistics.mean;
      batchStatistics[`${name}.running_var`] = statistics.variance;
      return y;
    },
  };
}

/** Batch normalisation in evaluation mode, for the layers of a network by their names. */
export function runningNormaliser({ parameters, statistics }: Variables): Normalise {
  return (x, name) => {
    const { scale, shift } = runningNormalisation(
      parameters[`${name}.weight`] as tf.Tensor1D,
      parameters[`${name}.bias`] as tf.Tensor1D,
      {
        mean: statistics[`${name}.running_mean`] as tf.Tensor1D,
        variance: statistics[`${name}.running_var`] as tf.Tensor1D,
      },
    );
    return tf.add(tf.mul(x, scale), shift);
  };
}
