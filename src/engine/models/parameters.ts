import * as tf from '@tensorflow/tfjs';

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

/** One step of plain stochastic gradient descent: θ − α g. Returns new tensors; θ and g stay. */
export function sgdStep(parameters: Parameters, gradient: Parameters, learningRate: number): Parameters {
  return mapParameters((theta, g) => tf.sub(theta, tf.mul(g, learningRate)), parameters, gradient);
}

/** The sum of two gradients: the gradient of the sum of their losses. */
export function addGradients(one: Parameters, other: Parameters): Parameters {
  return mapParameters(tf.add, one, other);
}

/**
 * Runs a step and frees every tensor that it made, except those in its result. Like `tf.tidy`, but the result may
 * contain null.
 */
export function tidy<T>(step: () => T): T {
  return tf.tidy(step as () => tf.TensorContainer) as T;
}
