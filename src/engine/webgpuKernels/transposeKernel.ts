import type * as tf from '@tensorflow/tfjs';
import type { KernelCall } from './replaceKernel.ts';
import { holdsFloats, runProgram } from './runProgram.ts';

const code = `
fn main(index : i32) {
  if (index >= uniforms.rows * uniforms.columns) { return; }
  result[index] = A[index % uniforms.rows * uniforms.columns + index / uniforms.rows];
}`;

/** `Transpose` of a matrix of float32 whose two dimensions change places. */
export function transposeKernel({ inputs: { x }, attrs }: KernelCall): tf.TensorInfo | null {
  const perm = attrs['perm'] as readonly number[];
  if (x.shape.length !== 2 || !holdsFloats(x) || perm[0] !== 1) return null;
  const [rows, columns] = x.shape;
  return runProgram({
    key: 'transpose',
    inputs: ['A'],
    components: [1],
    outputComponents: 1,
    outputShape: [columns, rows],
    threads: rows * columns,
    uniforms: 'rows : i32, columns : i32,',
    values: [{ type: 'int32', data: [rows] }, { type: 'int32', data: [columns] }],
    code,
  }, [x]);
}
