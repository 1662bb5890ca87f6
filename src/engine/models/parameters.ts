import * as tf from '@tensorflow/tfjs';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import { weightedSums } from '../programs/parameterUpdates.ts';

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
