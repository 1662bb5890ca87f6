import * as tf from '@tensorflow/tfjs';
import { type AdamTensor, adamUpdate } from '../programs/parameterUpdates.ts';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import { mapParameters, type Parameters } from './parameters.ts';

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
