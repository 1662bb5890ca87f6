import * as tf from '@tensorflow/tfjs';
import { mapParameters, type Parameters } from './parameters.ts';

/** What Adam remembers of the gradients so far. */
export interface Moments {
  /** Running mean of the gradient. */
  readonly first: Parameters;
  /** Running mean of its square. */
  readonly second: Parameters;
  /** Steps taken. */
  readonly step: number;
}

/** PyTorch's defaults. */
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/** The moments before the first step. */
export function initialMoments(parameters: Parameters): Moments {
  return { first: mapParameters(tf.zerosLike, parameters), second: mapParameters(tf.zerosLike, parameters), step: 0 };
}

/** One step of Adam (Kingma & Ba 2015, algorithm 1). Returns new tensors; what was given stays. */
export function adamStep(
  parameters: Parameters,
  gradient: Parameters,
  moments: Moments,
  learningRate: number,
): { readonly parameters: Parameters; readonly moments: Moments } {
  const step = moments.step + 1;
  const first = mapParameters((mean, g) => tf.add(tf.mul(mean, beta1), tf.mul(g, 1 - beta1)), moments.first, gradient);
  const second = mapParameters((mean, g) => tf.add(tf.mul(mean, beta2), tf.mul(tf.square(g), 1 - beta2)), moments.second, gradient);
  const rate = learningRate / (1 - beta1 ** step);
  const correction = 1 / Math.sqrt(1 - beta2 ** step);
  const next = mapParameters(
    (theta, m, v) => tf.sub(theta, tf.mul(tf.div(m, tf.add(tf.mul(tf.sqrt(v), correction), epsilon)), rate)),
    parameters,
    first,
    second,
  );
  return { parameters: next, moments: { first, second, step } };
}

/** Frees moments. */
export function disposeMoments({ first, second }: Moments): void {
  tf.dispose([...Object.values(first), ...Object.values(second)]);
}
