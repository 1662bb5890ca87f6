import type * as tf from '@tensorflow/tfjs';
import type { KernelCall } from './replaceKernel.ts';
import { holdsFloats, runProgram } from './runProgram.ts';

const code = `
fn main(index : i32) {
  if (index >= uniforms.sums) { return; }
  var sum = 0.0;
  for (var i = 0; i < uniforms.terms; i++) { sum += A[index * uniforms.start + i * uniforms.stride]; }
  result[index] = sum;
}`;

/** `Sum` of a matrix of float32 over its rows or over its columns, where there are enough sums to share out. */
export function sumKernel({ inputs: { x }, attrs }: KernelCall): tf.TensorInfo | null {
  // Null stands for all axes.
  const axes = [(attrs['axis'] ?? []) as number | readonly number[]].flat();
  if (x.shape.length !== 2 || !holdsFloats(x) || axes.length !== 1) return null;
  const [rows, columns] = x.shape;
  const overColumns = axes[0] === 1 || axes[0] === -1;
  const [sums, terms, start, stride] = overColumns ? [rows, columns, columns, 1] : [columns, rows, 1, columns];
  if (sums < fewestSums) return null;
  return runProgram({
    key: 'sum',
    inputs: ['A'],
    components: [1],
    outputComponents: 1,
    outputShape: attrs['keepDims'] === true ? (overColumns ? [rows, 1] : [1, columns]) : [sums],
    threads: sums,
    uniforms: 'sums : i32, terms : i32, start : i32, stride : i32,',
    values: [sums, terms, start, stride].map((value) => ({ type: 'int32', data: [value] })),
    code,
  }, [x]);
}

/** Below this the threads would be too few, and each sum too long. */
const fewestSums = 8;
