import * as tf from '@tensorflow/tfjs';
import * as byKernels from '../kernels/layers.ts';
import { ownHeap } from '../kernels/heap.ts';
import {
  type After,
  batchNormGradient,
  type Normalisation,
  type NormalisationGradient,
  type NormalisedBatch,
  normalisationEpsilon as epsilon,
  normaliseBatch,
  normaliseByRunning,
  type RunningNormalisation,
  runningNormGradient,
} from '../programs/batchNorm.ts';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import type { Variables } from './classifier.ts';
import { runsOnXnnpack } from './layers.ts';
import type { Parameters } from './parameters.ts';

/** Each channel's mean and variance; both [channels]. */
interface ChannelStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation in training mode (Ioffe & Szegedy 2015, algorithm 1): each channel is brought to mean 0
 * and variance 1 over the batch, then scaled by γ and shifted by β. The statistics are for the running ones:
 * the variance there is unbiased, where the one that normalises is not.
 *
 * @param x [n, height, width, channels]
 * @param gamma γ, [channels]
 * @param beta β, [channels]
 * @param after what follows on y
 * @returns y, of x's shape, with the gradient of x, γ and β; and the batch's statistics
 * @throws RangeError if each channel has but one value, which has no variance
 */
export function batchNorm(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  after: After = nothing,
): { y: tf.Tensor4D; statistics: ChannelStatistics } {
  const count = x.size / x.shape[3];
  if (count < 2)
    throw new RangeError(
      'Batch normalisation needs at least two values in each channel; it found 1. Use larger batches or images.',
    );
  const fused = fusedNormalisation(x);
  if (fused !== null) return fusedBatchNorm(fused, x, gamma, beta, after);
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
  const y = followed(normalise(x, gamma, beta) as tf.Tensor4D, after);
  return { y, statistics: { mean, variance: tf.mul(variance, count / (count - 1)) } };
}

const nothing: After = { relu: false };

/** What follows batch normalisation, by operations of its own. */
function followed(y: tf.Tensor4D, { plus, relu }: After): tf.Tensor4D {
  const sum: tf.Tensor4D = plus === undefined ? y : tf.add(y, plus);
  return relu ? tf.relu(sum) : sum;
}

/** Normalisation with what follows it, and its gradients, each in a few passes over the images. */
interface FusedNormalisation {
  readonly batch: (x: tf.Tensor4D, gamma: tf.Tensor1D, beta: tf.Tensor1D, after: After) => NormalisedBatch;
  readonly batchGradient: (dy: tf.Tensor4D, from: Normalisation, wantsPlus: boolean) => NormalisationGradient;
  readonly running: (x: tf.Tensor4D, by: RunningNormalisation, after: After) => tf.Tensor4D;
  readonly runningGradient: (
    dy: tf.Tensor4D,
    by: Pick<RunningNormalisation, 'gamma' | 'variance'>,
    y: tf.Tensor4D | null,
    wantsPlus: boolean,
  ) => Pick<NormalisationGradient, 'x' | 'plus'>;
}

/** By programs on webgpu, by kernels of our own on wasm; null where there are none for such images. */
function fusedNormalisation(x: tf.Tensor4D): FusedNormalisation | null {
  if (runsOnWebgpu()) {
    return {
      batch: (...given) => normaliseBatch(...given),
      batchGradient: (...given) => batchNormGradient(...given),
      running: (...given) => normaliseByRunning(...given),
      runningGradient: (...given) => runningNormGradient(...given),
    };
  }
  const heap = ownHeap();
  if (heap === null || !byKernels.hasFours(x)) return null;
  return {
    batch: (...given) => byKernels.normaliseBatch(heap, ...given),
    batchGradient: (...given) => byKernels.batchNormGradient(heap, ...given),
    running: (...given) => byKernels.normaliseByRunning(heap, ...given),
    runningGradient: (...given) => byKernels.runningNormGradient(heap, ...given),
  };
}

function fusedBatchNorm(
  fused: FusedNormalisation,
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  after: After,
): { y: tf.Tensor4D; statistics: ChannelStatistics } {
  const { plus, relu } = after;
  const { y: made, mean, variance } = fused.batch(x, gamma, beta, after);
  const normalise = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    save([x, gamma, mean, variance, made]);
    return {
      value: tf.clone(made),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [input, scale, average, spread, output] = saved as [
          tf.Tensor4D,
          tf.Tensor1D,
          tf.Tensor1D,
          tf.Tensor1D,
          tf.Tensor4D,
        ];
        const gradient = fused.batchGradient(
          dy as tf.Tensor4D,
          { x: input, gamma: scale, mean: average, variance: spread, y: relu ? output : null },
          plus !== undefined,
        );
        return [gradient.x, gradient.gamma, gradient.beta, ...(gradient.plus === null ? [] : [gradient.plus])];
      },
    };
  });
  const y = normalise(x, gamma, beta, ...(plus === undefined ? [] : [plus]));
  made.dispose();
  return { y, statistics: { mean, variance } };
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

/** Normalises what the layer before gave, by the batch or by running statistics; then does what follows. */
export type Normalise = (x: tf.Tensor4D, name: string, after?: After) => tf.Tensor4D;

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
    normalise(x, name, after) {
      const { y, statistics } = batchNorm(
        x,
        parameters[`${name}.weight`] as tf.Tensor1D,
        parameters[`${name}.bias`] as tf.Tensor1D,
        after,
      );
      batchStatistics[`${name}.running_mean`] = statistics.mean;
      batchStatistics[`${name}.running_var`] = statistics.variance;
      return y;
    },
  };
}

/**
 * Batch normalisation in evaluation mode, for the layers of a network by their names.
 *
 * @param gradients of the input, which is quicker, or of γ and β too
 */
export function runningNormaliser(
  { parameters, statistics }: Variables,
  gradients: 'input' | 'all' = 'input',
): Normalise {
  return (x, name, after = nothing) => {
    const gamma = parameters[`${name}.weight`] as tf.Tensor1D;
    const beta = parameters[`${name}.bias`] as tf.Tensor1D;
    const mean = statistics[`${name}.running_mean`] as tf.Tensor1D;
    const variance = statistics[`${name}.running_var`] as tf.Tensor1D;
    const fused = gradients === 'all' ? null : fusedNormalisation(x);
    if (fused !== null) return fusedRunningNorm(fused, x, { gamma, beta, mean, variance }, after);
    const { scale, shift } = runningNormalisation(gamma, beta, { mean, variance });
    return followed(tf.add(tf.mul(x, scale), shift), after);
  };
}

function fusedRunningNorm(
  fused: FusedNormalisation,
  x: tf.Tensor4D,
  by: RunningNormalisation,
  after: After,
): tf.Tensor4D {
  const { plus, relu } = after;
  const normalise = tf.customGrad((...args) => {
    const save = args[args.length - 1] as unknown as tf.GradSaveFunc;
    const value = fused.running(x, by, after);
    save([by.gamma, by.variance, value]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [gamma, variance, y] = saved as [tf.Tensor1D, tf.Tensor1D, tf.Tensor4D];
        const gradient = fused.runningGradient(
          dy as tf.Tensor4D,
          { gamma, variance },
          relu ? y : null,
          plus !== undefined,
        );
        return gradient.plus === null ? gradient.x : [gradient.x, gradient.plus];
      },
    };
  });
  return normalise(x, ...(plus === undefined ? [] : [plus]));
}
