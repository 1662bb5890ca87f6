import * as tf from '@tensorflow/tfjs';
import { runProgram } from '../programs/runProgram.ts';
import { mapParameters, type Parameters } from './parameters.ts';

/** What Adam remembers between steps. */
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
 * What changes from step to step, in the order of computation of section 2: α_t = α √(1 − β₂ᵗ) / (1 − β₁ᵗ), and
 * ε̂ = ε √(1 − β₂ᵗ), which makes that order equal to Algorithm 1.
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
  if (tf.getBackend() === 'webgpu') {
    const nextMeans = mapParameters((m, g) => adamMean(m, g, meanDecay), means, gradient);
    const nextSquares = mapParameters((v, g) => adamSquare(v, g, squareDecay), squares, gradient);
    const next = mapParameters((theta, m, v) => adamParameter(theta, m, v, rate), parameters, nextMeans, nextSquares);
    return { parameters: next, moments: { means: nextMeans, squares: nextSquares } };
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

/** Works out one of Adam’s three formulas for each number: one dispatch in the place of three to six. */
function elementwise<R extends tf.Rank>(
  key: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  constants: Readonly<Record<string, number>>,
  formula: string,
): tf.Tensor<R> {
  const tensors = Object.values(inputs);
  const [{ shape, size }] = tensors;
  const info = runProgram(
    {
      key,
      inputs: Object.keys(inputs),
      components: tensors.map(() => 1),
      outputComponents: 1,
      outputShape: shape,
      threads: size,
      uniforms: ['count : i32,', ...Object.keys(constants).map((name) => `${name} : f32,`)].join(' '),
      values: [
        { type: 'int32', data: [size] },
        ...Object.values(constants).map((value) => ({ type: 'float32' as const, data: [value] })),
      ],
      code: `
fn main(index : i32) {
  if (index >= uniforms.count) { return; }
  result[index] = ${formula};
}`,
    },
    tensors,
  );
  return tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor<R>;
}

/** m ← β₁ m + (1 − β₁) g, on the webgpu backend. */
function adamMean(m: tf.Tensor, g: tf.Tensor, decay: number): tf.Tensor {
  return elementwise(
    'adamMean',
    { M: m, G: g },
    { decay, share: 1 - decay },
    'uniforms.decay * M[index] + uniforms.share * G[index]',
  );
}

/** v ← β₂ v + (1 − β₂) g², on the webgpu backend. */
function adamSquare(v: tf.Tensor, g: tf.Tensor, decay: number): tf.Tensor {
  return elementwise(
    'adamSquare',
    { V: v, G: g },
    { decay, share: 1 - decay },
    'uniforms.decay * V[index] + uniforms.share * G[index] * G[index]',
  );
}

/** θ ← θ − α_t · m / (√v + ε̂), on the webgpu backend. */
function adamParameter(theta: tf.Tensor, m: tf.Tensor, v: tf.Tensor, rate: tf.Tensor1D): tf.Tensor {
  return elementwise(
    'adamParameter',
    { T: theta, M: m, V: v, R: rate },
    {},
    'T[index] - R[0] * M[index] / (sqrt(V[index]) + R[1])',
  );
}
