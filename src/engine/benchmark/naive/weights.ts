import * as tf from '@tensorflow/tfjs';

/** Weights of a naive network, or a gradient of them, by name. */
export type Weights = Readonly<Record<string, tf.Tensor>>;
/** The same as one would keep them with stock TensorFlow.js: a variable each. */
export type WeightVariables = Readonly<Record<string, tf.Variable>>;

/**
 * Variables that start at an engine network's parameters, which are freed. Matrices are laid out as the stock
 * examples have them, [in, out].
 */
export function variablesOf(parameters: Weights): WeightVariables {
  const variables = Object.entries(parameters).map(([name, tensor]): [string, tf.Variable] => {
    const initial = tf.tidy(() => (tensor.rank === 2 ? tf.transpose(tensor) : tf.clone(tensor)));
    const variable = tf.variable(initial);
    tf.dispose([tensor, initial]);
    return [name, variable];
  });
  return Object.fromEntries(variables);
}

/** The gradient of a scalar with respect to the variables, under their names here. */
export function gradientOf(variables: WeightVariables, loss: () => tf.Scalar): { readonly value: tf.Scalar; readonly gradient: Weights } {
  const { value, grads } = tf.variableGrads(loss, Object.values(variables));
  return { value, gradient: mapWeights(variables, (_, name) => grads[variables[name].name]) };
}

/** θ − α g. */
export function descended(weights: Weights, gradient: Weights, rate: number): Weights {
  return mapWeights(weights, (weight, name) => tf.sub(weight, tf.mul(gradient[name], rate)));
}

export function assignAll(variables: WeightVariables, values: Weights): void {
  for (const [name, variable] of Object.entries(variables)) variable.assign(values[name]);
}

export function mapWeights(weights: Weights, f: (weight: tf.Tensor, name: string) => tf.Tensor): Weights {
  return Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, f(weight, name)]));
}

/** x W + b of the layer of that name. */
export function dense(weights: Weights, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.matMul(x, weights[`${name}.weight`] as tf.Tensor2D), weights[`${name}.bias`]);
}
