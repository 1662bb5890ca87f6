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

/** Tensors that a dispatch may read and write on every device. */
const mostTensors = 8;

/**
 * Weighted sums of tensors on the webgpu backend, as many in a dispatch as its bindings allow: a step of gradient
 * descent over all parameters of a network, or its running statistics moved.
 *
 * @param factors of the terms, which are the same in each sum; at most seven
 * @param sums the terms of each sum, tensors of one shape
 * @returns the sums in their order
 */
export function weightedSums(factors: readonly number[], sums: readonly (readonly tf.Tensor[])[]): tf.Tensor[] {
  const together = Math.floor(mostTensors / (factors.length + 1));
  const groups = Array.from({ length: Math.ceil(sums.length / together) }, (_, group) =>
    sums.slice(group * together, (group + 1) * together),
  );
  return groups.flatMap((group) => sumsOfGroup(factors, group));
}

function sumsOfGroup(factors: readonly number[], sums: readonly (readonly tf.Tensor[])[]): tf.Tensor[] {
  const parts = sums.map(([{ shape, size }]) => ({ shape, width: widthOf(size), threads: size / widthOf(size) }));
  const threads = parts.reduce((sum, part) => sum + part.threads, 0);
  const names = sums.map((terms, part) => terms.map((_, term) => `term${part}_${term}`));
  return dispatch({
    key: `weightedSums_${parts.map((part) => part.threads).join('_')}_${factors.join('_')}`,
    outputs: Object.fromEntries(parts.map(({ shape, width }, part) => [`sum${part}`, { shape, width }])),
    inputs: Object.fromEntries(
      sums.flatMap((terms, part) =>
        terms.map((tensor, term) => [names[part][term], { tensor, width: parts[part].width }]),
      ),
    ),
    ...flat(threads),
    code: () => `
fn run(group : u32, lane : u32) {
  ${flatIndex(threads)}
  var at = index;
  ${parts.map((part, number) => partCode(number, part.threads, names[number], factors)).join('\n  ')}
}`,
  });
}

function partCode(part: number, threads: number, terms: readonly string[], factors: readonly number[]): string {
  const sum = terms.map((term, position) => `${factors[position]} * ${term}[at]`).join(' + ');
  return `if (at < ${threads}u) { sum${part}[at] = ${sum}; return; }
  at -= ${threads}u;`;
}
