import * as tf from '@tensorflow/tfjs';
import { runProgram } from './runProgram.ts';

/** Works out one of Adam’s three formulas for each number: one dispatch in the place of three to six. */
function elementwise<R extends tf.Rank>(key: string, inputs: Readonly<Record<string, tf.Tensor>>, constants: Readonly<Record<string, number>>, formula: string): tf.Tensor<R> {
  const tensors = Object.values(inputs);
  const [{ shape, size }] = tensors;
  const info = runProgram({
    key,
    inputs: Object.keys(inputs),
    components: tensors.map(() => 1),
    outputComponents: 1,
    outputShape: shape,
    threads: size,
    uniforms: ['count : i32,', ...Object.keys(constants).map((name) => `${name} : f32,`)].join(' '),
    values: [{ type: 'int32', data: [size] }, ...Object.values(constants).map((value) => ({ type: 'float32' as const, data: [value] }))],
    code: `
fn main(index : i32) {
  if (index >= uniforms.count) { return; }
  result[index] = ${formula};
}`,
  }, tensors);
  return tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor<R>;
}

/** m ← β₁ m + (1 − β₁) g, on the webgpu backend. */
export function adamMean(m: tf.Tensor, g: tf.Tensor, decay: number): tf.Tensor {
  return elementwise('adamMean', { M: m, G: g }, { decay, share: 1 - decay }, 'uniforms.decay * M[index] + uniforms.share * G[index]');
}

/** v ← β₂ v + (1 − β₂) g², on the webgpu backend. */
export function adamSquare(v: tf.Tensor, g: tf.Tensor, decay: number): tf.Tensor {
  return elementwise('adamSquare', { V: v, G: g }, { decay, share: 1 - decay }, 'uniforms.decay * V[index] + uniforms.share * G[index] * G[index]');
}

/** θ ← θ − rate · m / (√v + ε), on the webgpu backend. */
export function adamParameter(theta: tf.Tensor, m: tf.Tensor, v: tf.Tensor, rate: number, epsilon: number): tf.Tensor {
  return elementwise('adamParameter', { T: theta, M: m, V: v }, { rate, epsilon }, 'T[index] - uniforms.rate * M[index] / (sqrt(V[index]) + uniforms.epsilon)');
}
