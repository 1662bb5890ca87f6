import type * as tf from '@tensorflow/tfjs';
import { matMulProgram } from './matMulProgram.ts';
import type { KernelCall } from './replaceKernel.ts';
import { holdsFloats, runProgram } from './runProgram.ts';

/** `BatchMatMul` of two matrices of float32. */
export function matMulKernel({ inputs: { a, b }, attrs }: KernelCall): tf.TensorInfo | null {
  if (a.shape.length !== 2 || b.shape.length !== 2 || !holdsFloats(a) || !holdsFloats(b)) return null;
  const [transposeA, transposeB] = [attrs['transposeA'] === true, attrs['transposeB'] === true];
  const [m, k] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const n = transposeB ? b.shape[0] : b.shape[1];
  return runProgram(matMulProgram({ m, k, n, transposeA, transposeB }), [a, b]);
}
