import type * as tf from '@tensorflow/tfjs';
import { addShares, channelSums } from './channelSums.ts';
import { deviceSharing, dispatch, flat, flatIndex, type Input, type Sharing, typeOf, widthOf } from './dispatch.ts';

/** What follows batch normalisation in the same dispatch. */
export interface After {
  /** Added to what is normalised, of its shape. */
  readonly plus?: tf.Tensor4D;
  /** Whether ReLU comes last. */
  readonly relu: boolean;
}

/** Images normalised by their own statistics. */
export interface NormalisedBatch {
  /** [n, height, width, channels] */
  readonly y: tf.Tensor4D;
  /** [channels] */
  readonly mean: tf.Tensor1D;
  /** Unbiased, [channels]. */
  readonly variance: tf.Tensor1D;
}

/** What keeps the square root from zero: PyTorch's default. */
export const normalisationEpsilon = 1e-5;

/** Threads that go through all pixels, four channels of one at a time if they come in fours. */
interface Sweep {
  /** Covers what the lines depend on besides pixels and channels. */
  readonly key: string;
  readonly channels: number;
  readonly pixels: number;
  /** Lines for the thread's `channel`, before its pixels. */
  readonly before: string;
  /** Lines for the pixel and channel at `at`. */
  readonly each: string;
  /** Lines run once for each channel. */
  readonly once?: string;
}

function sweep({ key, channels, pixels, before, each, once }: Sweep, sharing: Sharing) {
  const groups = channels / widthOf(channels);
  // A thread starts with what its channel needs, and then goes over several pixels where there are many.
  const rounds = Math.ceil((pixels * groups) / sharing.threads);
  const step = Math.ceil(pixels / rounds);
  return {
    key: `${key}_${pixels}_${channels}_${step}`,
    ...flat(step * groups),
    code: () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(step * groups)}
  let channel = index % ${groups}u;
  ${before}
  ${once === undefined ? '' : `if (index < ${groups}u) { ${once} }`}
  for (var at = index; at < ${pixels * groups}u; at += ${step * groups}u) {
    ${each}
  }
}`,
  };
}

/** All tensors with their channels last, which are read in vectors if they come in fours. */
function inputsOf(tensors: Readonly<Record<string, tf.Tensor>>, channels: number): Readonly<Record<string, Input>> {
  const width = widthOf(channels);
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, { tensor, width }]));
}

/** WGSL of what follows the normalisation, as lines that change `value`. */
function afterCode(after: After, type: string): string {
  // A comparison, because the greater of 0 and NaN may be 0.
  return `${after.plus === undefined ? '' : 'value += plus[at];'}
    ${after.relu ? `value = select(value, ${type}(), value < ${type}());` : ''}`;
}

const plusInput = ({ plus }: After): Readonly<Record<string, tf.Tensor>> => (plus === undefined ? {} : { plus });

/**
 * Batch normalisation in training mode, by two dispatches: sums, and what they make of each pixel.
 *
 * @param x [n, height, width, channels], of two pixels at least
 * @param gamma factor, [channels]
 * @param beta summand, [channels]
 */
export function normaliseBatch(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  after: After,
  sharing: Sharing = deviceSharing(),
): NormalisedBatch {
  const channels = x.shape[3];
  const pixels = x.size / channels;
  const width = widthOf(channels);
  const type = typeOf(width);
  // Sums of differences from the first pixel keep their precision however far from zero the values are.
  const { work, shares } = channelSums(
    {
      key: 'moments',
      pixels,
      channels,
      inputs: { x },
      before: 'let origin = x[channel];',
      each: 'let one = x[at] - origin; let other = one * one;',
    },
    sharing,
  );
  const [sums] = dispatch(work);
  const [y, mean, variance] = dispatch({
    outputs: {
      y: { shape: x.shape, width },
      mean: { shape: [channels], width },
      variance: { shape: [channels], width },
    },
    inputs: inputsOf({ x, gamma, beta, sums, ...plusInput(after) }, channels),
    ...sweep(
      {
        key: `normaliseBatch_${shares}_${after.plus !== undefined}_${after.relu}`,
        channels,
        pixels,
        before: `
  ${addShares(channels, shares)}
  let distance = sum / ${pixels}.0;
  let centre = x[channel] + distance;
  let spread = max(otherSum / ${pixels}.0 - distance * distance, ${type}());
  let scale = gamma[channel] * inverseSqrt(spread + ${normalisationEpsilon});
  let shift = beta[channel];`,
        once: `
    mean[channel] = centre;
    variance[channel] = spread * ${pixels / (pixels - 1)};`,
        each: `var value = (x[at] - centre) * scale + shift;
    ${afterCode(after, type)}
    y[at] = value;`,
      },
      sharing,
    ),
  });
  sums.dispose();
  return { y: y as tf.Tensor4D, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/** What the gradient of batch normalisation depends on. */
export interface Normalisation extends Omit<NormalisedBatch, 'y'> {
  readonly x: tf.Tensor4D;
  readonly gamma: tf.Tensor1D;
  /** What came out, after ReLU; null without ReLU. */
  readonly y: tf.Tensor4D | null;
}

/** Gradients of what went into {@link normaliseBatch}. */
export interface NormalisationGradient {
  readonly x: tf.Tensor4D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  /** dy where ReLU let it through; null where nobody asked for it. */
  readonly plus: tf.Tensor4D | null;
}

/**
 * The gradient of {@link normaliseBatch}, by two dispatches. With x̂ = (x − mean)/σ: dβ = Σ dy, dγ = Σ dy x̂,
 * dx = γ/σ (dy − mean of dy − x̂ · mean of dy x̂), dy being 0 where ReLU is shut.
 *
 * @param dy gradient of y
 * @param wantsPlus whether something was added before ReLU, whose gradient is asked for
 */
export function batchNormGradient(
  dy: tf.Tensor4D,
  { x, gamma, y, mean, variance }: Normalisation,
  wantsPlus: boolean,
  sharing: Sharing = deviceSharing(),
): NormalisationGradient {
  const channels = x.shape[3];
  const pixels = x.size / channels;
  const width = widthOf(channels);
  const type = typeOf(width);
  const groups = channels / width;
  const shut = y === null ? '' : `d = select(${type}(), d, y[at] > ${type}());`;
  const masks = y !== null && wantsPlus;
  const { work, shares } = channelSums(
    {
      key: `gradientMoments_${y !== null}_${masks}`,
      pixels,
      channels,
      inputs: { dy, x, mean, variance, gamma, ...(y === null ? {} : { y }) },
      outputs: masks ? { masked: dy.shape } : {},
      extras: 3,
      before: `
  let centre = mean[channel];
  let sharpness = inverseSqrt(variance[channel] * ${(pixels - 1) / pixels} + ${normalisationEpsilon});`,
      each: `
    var d = dy[at];
    ${shut}
    ${masks ? 'masked[at] = d;' : ''}
    let one = d;
    let other = d * ((x[at] - centre) * sharpness);`,
      once: `
    sums[extra] = centre;
    sums[extra + ${groups}u] = sharpness;
    sums[extra + ${2 * groups}u] = gamma[channel] * sharpness;`,
    },
    sharing,
  );
  const [sums, masked] = dispatch(work) as (tf.Tensor | undefined)[] as [tf.Tensor, tf.Tensor | undefined];
  // What is masked already needs no mask again.
  const given = masked === undefined ? { dy, ...(y === null ? {} : { y }) } : { dy: masked };
  const [dx, dGamma, dBeta] = dispatch({
    outputs: {
      dx: { shape: x.shape, width },
      dGamma: { shape: [channels], width },
      dBeta: { shape: [channels], width },
    },
    inputs: inputsOf({ x, sums, ...given }, channels),
    ...sweep(
      {
        key: `batchNormGradient_${shares}_${'y' in given}`,
        channels,
        pixels,
        before: `
  ${addShares(channels, shares)}
  let extra = ${2 * shares * groups}u + channel;
  let centre = sums[extra];
  let sharpness = sums[extra + ${groups}u];
  let scale = sums[extra + ${2 * groups}u];
  let average = sum / ${pixels}.0;
  let slope = otherSum / ${pixels}.0;`,
        once: `
    dBeta[channel] = sum;
    dGamma[channel] = otherSum;`,
        each: `var d = dy[at];
    ${'y' in given ? shut : ''}
    dx[at] = scale * (d - average - (x[at] - centre) * sharpness * slope);`,
      },
      sharing,
    ),
  });
  sums.dispose();
  const plus = wantsPlus ? ((masked ?? dy.clone()) as tf.Tensor4D) : null;
  return { x: dx as tf.Tensor4D, gamma: dGamma as tf.Tensor1D, beta: dBeta as tf.Tensor1D, plus };
}

/** Factor, summand and statistics of each channel, [channels] each. */
export interface RunningNormalisation {
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** Batch normalisation in evaluation mode, by one dispatch. */
export function normaliseByRunning(
  x: tf.Tensor4D,
  by: RunningNormalisation,
  after: After,
  sharing: Sharing = deviceSharing(),
): tf.Tensor4D {
  const channels = x.shape[3];
  const pixels = x.size / channels;
  const { gamma, beta, mean, variance } = by;
  const [y] = dispatch({
    outputs: { y: { shape: x.shape, width: widthOf(channels) } },
    inputs: inputsOf({ x, gamma, beta, mean, variance, ...plusInput(after) }, channels),
    ...sweep(
      {
        key: `normaliseByRunning_${after.plus !== undefined}_${after.relu}`,
        channels,
        pixels,
        before: `
  let scale = gamma[channel] * inverseSqrt(variance[channel] + ${normalisationEpsilon});
  let shift = beta[channel] - mean[channel] * scale;`,
        each: `var value = x[at] * scale + shift;
    ${afterCode(after, typeOf(widthOf(channels)))}
    y[at] = value;`,
      },
      sharing,
    ),
  });
  return y as tf.Tensor4D;
}

/**
 * The gradient of {@link normaliseByRunning} with respect to x, and to what was added, by one dispatch.
 *
 * @param y what came out, after ReLU; null without ReLU
 */
export function runningNormGradient(
  dy: tf.Tensor4D,
  { gamma, variance }: Pick<RunningNormalisation, 'gamma' | 'variance'>,
  y: tf.Tensor4D | null,
  wantsPlus: boolean,
  sharing: Sharing = deviceSharing(),
): { readonly x: tf.Tensor4D; readonly plus: tf.Tensor4D | null } {
  const channels = dy.shape[3];
  const pixels = dy.size / channels;
  const width = widthOf(channels);
  const type = typeOf(width);
  const masks = y !== null && wantsPlus;
  const [dx, masked] = dispatch({
    outputs: {
      dx: { shape: dy.shape, width },
      ...(masks ? { masked: { shape: dy.shape, width } } : {}),
    },
    inputs: inputsOf({ dy, gamma, variance, ...(y === null ? {} : { y }) }, channels),
    ...sweep(
      {
        key: `runningNormGradient_${y !== null}_${masks}`,
        channels,
        pixels,
        before: `let scale = gamma[channel] * inverseSqrt(variance[channel] + ${normalisationEpsilon});`,
        each: `var d = dy[at];
    ${y === null ? '' : `d = select(${type}(), d, y[at] > ${type}());`}
    ${masks ? 'masked[at] = d;' : ''}
    dx[at] = d * scale;`,
      },
      sharing,
    ),
  });
  const plus = masks ? masked : dy.clone();
  if (!wantsPlus) plus.dispose();
  return { x: dx as tf.Tensor4D, plus: wantsPlus ? (plus as tf.Tensor4D) : null };
}
