import type * as tf from '@tensorflow/tfjs';
import { dispatch, flat, flatIndex, widthOf } from './dispatch.ts';

/** A parameter and what Adam remembers of it (models/adam.ts). */
export interface AdamTensor {
  readonly theta: tf.Tensor;
  /** Running mean of the gradient. */
  readonly m: tf.Tensor;
  /** Running mean of its square. */
  readonly v: tf.Tensor;
}

/**
 * One step of Adam for one parameter, by one dispatch.
 *
 * @param rate α_t and ε̂, [2]
 */
export function adamUpdate(
  { theta, m, v }: AdamTensor,
  gradient: tf.Tensor,
  rate: tf.Tensor1D,
  decays: { readonly mean: number; readonly square: number },
): AdamTensor {
  const { shape, size } = theta;
  const width = widthOf(size);
  const [nextTheta, nextM, nextV] = dispatch({
    key: `adamUpdate_${size}_${decays.mean}_${decays.square}`,
    outputs: { nextTheta: { shape, width }, nextM: { shape, width }, nextV: { shape, width } },
    inputs: {
      theta: { tensor: theta, width },
      m: { tensor: m, width },
      v: { tensor: v, width },
      g: { tensor: gradient, width },
      rate: { tensor: rate },
    },
    ...flat(size / width),
    code: () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(size / width)}
  let d = g[index];
  let mean = ${decays.mean} * m[index] + ${1 - decays.mean} * d;
  let square = ${decays.square} * v[index] + ${1 - decays.square} * d * d;
  nextM[index] = mean;
  nextV[index] = square;
  nextTheta[index] = theta[index] - rate[0] * mean / (sqrt(square) + rate[1]);
}`,
  });
  return { theta: nextTheta, m: nextM, v: nextV };
}
