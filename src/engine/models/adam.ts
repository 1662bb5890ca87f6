import * as tf from '@tensorflow/tfjs';
import { runProgram } from '../programs/runProgram.ts';
import { mapParameters, type Parameters } from './parameters.ts';

/** What Adam remembers between steps. */
export interface AdamMoments {
  /** Steps taken. */
  readonly steps: number;
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
  return { steps: 0, means: mapParameters(tf.zerosLike, parameters), squares: mapParameters(tf.zerosLike, parameters) };
}

/**
 * One step of Adam (Kingma & Ba 2015, Algorithm 1, in the order of computation of its section 2), with its usual
 * β₁ = 0.9, β₂ = 0.999, ε = 1e-8. Returns new tensors; what is given stays.
 */
export function adamStep(
  parameters: Parameters,
  gradient: Parameters,
  { steps, means, squares }: AdamMoments,
  learningRate: number,
): { parameters: Parameters; moments: AdamMoments } {
  const step = steps + 1;
  const correction = Math.sqrt(1 - squareDecay ** step);
  const rate = (learningRate * correction) / (1 - meanDecay ** step);
  // ε̂ = ε √(1 − β₂ᵗ) makes this order of computation equal to Algorithm 1.
  const formulas = tf.getBackend() === 'webgpu' ? webgpuFormulas : stockFormulas;
  const nextMeans = mapParameters(formulas.mean, means, gradient);
  const nextSquares = mapParameters(formulas.square, squares, gradient);
  const next = mapParameters(
    (theta, m, v) => formulas.parameter(theta, m, v, rate, epsilon * correction),
    parameters,
    nextMeans,
    nextSquares,
  );
  return { parameters: next, moments: { steps: step, means: nextMeans, squares: nextSquares } };
}

const stockFormulas = {
  mean: (m: tf.Tensor, g: tf.Tensor) => tf.add(tf.mul(m, meanDecay), tf.mul(g, 1 - meanDecay)),
  square: (v: tf.Tensor, g: tf.Tensor) => tf.add(tf.mul(v, squareDecay), tf.mul(tf.mul(g, 1 - squareDecay), g)),
  parameter: (theta: tf.Tensor, m: tf.Tensor, v: tf.Tensor, rate: number, small: number) =>
    tf.sub(theta, tf.div(tf.mul(m, rate), tf.add(tf.sqrt(v), small))),
};

const webgpuFormulas = {
  mean: (m: tf.Tensor, g: tf.Tensor) => adamMean(m, g, meanDecay),
  square: (v: tf.Tensor, g: tf.Tensor) => adamSquare(v, g, squareDecay),
  parameter: adamParameter,
};

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

/** θ ← θ − rate · m / (√v + ε), on the webgpu backend. */
function adamParameter(theta: tf.Tensor, m: tf.Tensor, v: tf.Tensor, rate: number, epsilon: number): tf.Tensor {
  return elementwise(
    'adamParameter',
    { T: theta, M: m, V: v },
    { rate, epsilon },
    'T[index] - uniforms.rate * M[index] / (sqrt(V[index]) + uniforms.epsilon)',
  );
}
