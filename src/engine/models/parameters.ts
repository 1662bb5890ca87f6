import * as tf from '@tensorflow/tfjs';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import { weightedSums, type AdamTensor, adamUpdate } from '../programs/parameterUpdates.ts';

/**
 * The parameters of a model, or anything with the same names and shapes, such as a gradient: tensors by name. Models
 * take parameters and return tensors; they hold no parameters themselves.
 */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** Applies a function to each parameter and its namesakes in other trees. */
export function mapParameters(
  f: (...tensors: tf.Tensor[]) => tf.Tensor,
  first: Parameters,
  ...others: readonly Parameters[]
): Parameters {
  return Object.fromEntries(
    Object.entries(first).map(([name, tensor]) => [name, f(tensor, ...others.map((other) => other[name]))]),
  );
}

/**
 * One step of plain stochastic gradient descent: θ − α g, or θ − α (g + g') along the gradient of the sum of two losses.
 * Returns new tensors; what is given stays.
 */
export function sgdStep(
  parameters: Parameters,
  gradient: Parameters,
  learningRate: number,
  other: Parameters | null = null,
): Parameters {
  if (runsOnWebgpu())
    return weightedParameters([1, -learningRate, -learningRate], parameters, gradient, ...(other ? [other] : []));
  const sum = other === null ? gradient : mapParameters(tf.add, gradient, other);
  return mapParameters((theta, g) => tf.sub(theta, tf.mul(g, learningRate)), parameters, sum);
}

/**
 * The weighted sum of trees of the same names, by few dispatches on the webgpu backend, which must be the current one.
 *
 * @param factors of the trees; those beyond the last tree are not used
 */
export function weightedParameters(
  factors: readonly number[],
  first: Parameters,
  ...others: readonly Parameters[]
): Parameters {
  const names = Object.keys(first);
  const sums = weightedSums(
    factors.slice(0, others.length + 1),
    names.map((name) => [first[name], ...others.map((other) => other[name])]),
  );
  return Object.fromEntries(names.map((name, index) => [name, sums[index]]));
}

/** The inner product of two trees of the same names, over all of their numbers. */
export function innerProduct(one: Parameters, other: Parameters): tf.Scalar {
  return tf.sum(tf.stack(Object.keys(one).map((name) => tf.sum(tf.mul(one[name], other[name])))));
}

/**
 * Runs a step and frees every tensor that it made, except those in its result. Like `tf.tidy`, but the result may
 * contain null.
 */
export function tidy<T>(step: () => T): T {
  return tf.tidy(step as () => tf.TensorContainer) as T;
}

/** Adam's state between steps. */
export interface AdamMoments {
  /** m, the running mean of the gradient. */
  readonly means: Parameters;
  /** v, the running mean of its square. */
  readonly squares: Parameters;
}

const meanDecay = 0.9;
const squareDecay = 0.999;
const epsilon = 1e-8;

/** Moments before the first step: zeros. */
export function initialMoments(parameters: Parameters): AdamMoments {
  return { means: mapParameters(tf.zerosLike, parameters), squares: mapParameters(tf.zerosLike, parameters) };
}

/**
 * The rates of a step, in the order of computation of section 2: α_t = α √(1 − β₂ᵗ) / (1 − β₁ᵗ), and ε̂ = ε √(1 − β₂ᵗ),
 * which makes that order equal to Algorithm 1.
 *
 * @param step t, from 1 on
 * @returns α_t and ε̂
 */
export function adamRate(step: number, learningRate: number): Float32Array {
  const correction = Math.sqrt(1 - squareDecay ** step);
  return Float32Array.of((learningRate * correction) / (1 - meanDecay ** step), epsilon * correction);
}

/**
 * One step of Adam (Kingma & Ba 2015, Algorithm 1, in the order of computation of its section 2), with its usual
 * β₁ = 0.9, β₂ = 0.999, ε = 1e-8. Returns new tensors; what is given stays.
 *
 * @param rate what {@link adamRate} gives, [2]
 */
export function adamStep(
  parameters: Parameters,
  gradient: Parameters,
  { means, squares }: AdamMoments,
  rate: tf.Tensor1D,
): { parameters: Parameters; moments: AdamMoments } {
  if (runsOnWebgpu()) {
    const decays = { mean: meanDecay, square: squareDecay };
    const updated = Object.entries(parameters).map(
      ([name, theta]) =>
        [name, adamUpdate({ theta, m: means[name], v: squares[name] }, gradient[name], rate, decays)] as const,
    );
    const tree = (of: keyof AdamTensor) => Object.fromEntries(updated.map(([name, tensor]) => [name, tensor[of]]));
    return { parameters: tree('theta'), moments: { means: tree('m'), squares: tree('v') } };
  }
  const [size, small] = tf.unstack(rate) as tf.Scalar[];
  const nextMeans = mapParameters((m, g) => tf.add(tf.mul(m, meanDecay), tf.mul(g, 1 - meanDecay)), means, gradient);
  const nextSquares = mapParameters(
    (v, g) => tf.add(tf.mul(v, squareDecay), tf.mul(tf.mul(g, 1 - squareDecay), g)),
    squares,
    gradient,
  );
  const next = mapParameters(
    (theta, m, v) => tf.sub(theta, tf.div(tf.mul(m, size), tf.add(tf.sqrt(v), small))),
    parameters,
    nextMeans,
    nextSquares,
  );
  return { parameters: next, moments: { means: nextMeans, squares: nextSquares } };
}
