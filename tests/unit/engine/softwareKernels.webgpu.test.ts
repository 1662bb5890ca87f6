import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { useSoftwareKernels, useStockKernels } from './softwareKernels.ts';
import { startTestWebgpu } from './startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

afterEach(useStockKernels);

const size = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 10 }).map((fours) => 4 * fours),
);
const shapes = fc.record({ m: size, k: size, n: size, transposeA: fc.boolean(), transposeB: fc.boolean() });
/** Whole numbers, so that every order of summation gives the same. */
const matrix = (rows: number, columns: number, salt: number) =>
  Float32Array.from({ length: rows * columns }, (_, index) => ((index * 7 + salt) % 23) - 11);

describe.runIf(webgpu !== null)('kernels for imitated graphics cards', () => {
  beforeAll(useStockKernels);

  it('multiply matrices as plain sums do, whatever the shapes and whichever factor is transposed', async () => {
    useSoftwareKernels();
    await fc.assert(
      fc.asyncProperty(shapes, async ({ m, k, n, transposeA, transposeB }) => {
        const [a, b] = [matrix(m, k, 3), matrix(k, n, 5)];
        const transposed = (values: Float32Array, rows: number, columns: number) =>
          Float32Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]);
        const product = tf.tidy(() =>
          tf.matMul(
            transposeA ? tf.tensor2d(transposed(a, m, k), [k, m]) : tf.tensor2d(a, [m, k]),
            transposeB ? tf.tensor2d(transposed(b, k, n), [n, k]) : tf.tensor2d(b, [k, n]),
            transposeA,
            transposeB,
          ),
        );
        const expected = Array.from({ length: m * n }, (_, index) => {
          const [row, column] = [Math.floor(index / n), index % n];
          return Array.from({ length: k }, (_unused, inner) => a[row * k + inner] * b[inner * n + column]).reduce(
            (sum, value) => sum + value,
            0,
          );
        });
        expect(product.shape).toEqual([m, n]);
        expect(Array.from(await product.data())).toEqual(expected.map((value) => value + 0));
        product.dispose();
      }),
      { numRuns: 60 },
    );
  });

  it('transpose a matrix, and sum over its rows or its columns', async () => {
    useSoftwareKernels();
    await fc.assert(
      fc.asyncProperty(size, size, fc.boolean(), async (rows, columns, keepDims) => {
        const values = matrix(rows, columns, 2);
        const tensor = tf.tensor2d(values, [rows, columns]);
        const [transposed, perRow, perColumn, all]: tf.Tensor[] = [
          tf.transpose(tensor),
          tf.sum(tensor, 1, keepDims),
          tf.sum(tensor, 0, keepDims),
          tf.sum(tensor),
        ];
        const at = (row: number, column: number) => values[row * columns + column];
        const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
        const total = (terms: readonly number[]) => terms.reduce((sum, value) => sum + value, 0);
        expect([transposed.shape, perRow.shape, perColumn.shape]).toEqual([
          [columns, rows],
          keepDims ? [rows, 1] : [rows],
          keepDims ? [1, columns] : [columns],
        ]);
        expect(Array.from(await transposed.data())).toEqual(
          upTo(columns).flatMap((column) => upTo(rows).map((row) => at(row, column))),
        );
        expect(Array.from(await perRow.data())).toEqual(
          upTo(rows).map((row) => total(upTo(columns).map((column) => at(row, column)))),
        );
        expect(Array.from(await perColumn.data())).toEqual(
          upTo(columns).map((column) => total(upTo(rows).map((row) => at(row, column)))),
        );
        expect(Array.from(await all.data())).toEqual([total(Array.from(values))]);
        tf.dispose([tensor, transposed, perRow, perColumn, all]);
      }),
      { numRuns: 40 },
    );
  });

  it('leave to the stock ones what a cast left as whole numbers on the device', async () => {
    useSoftwareKernels();
    const read = tf.tidy(() => {
      const cast = tf.cast(tf.range(0, 2_000, 1, 'int32').reshape<tf.Tensor2D>([1_000, 2]), 'float32');
      return [tf.transpose(cast), tf.matMul(tf.ones([1, 1_000]), cast), tf.sum(cast, 0)];
    });
    const [transposed, product, sums] = await Promise.all(read.map((tensor) => tensor.data()));
    expect(Array.from(transposed.slice(0, 3))).toEqual([0, 2, 4]);
    expect(Array.from(product)).toEqual([999_000, 1_000_000]);
    expect(Array.from(sums)).toEqual([999_000, 1_000_000]);
    tf.dispose(read);
  });

  it('leave what they do not take to the stock ones, and give their places back', async () => {
    const stock = tf.getKernel('BatchMatMul', 'webgpu');
    useSoftwareKernels();
    expect(tf.getKernel('BatchMatMul', 'webgpu')).not.toBe(stock);
    const product = tf.tidy(() =>
      tf.matMul(
        tf.tensor3d([[[1, 2]], [[3, 4]]]),
        tf.tensor3d([
          [[5], [6]],
          [[7], [8]],
        ]),
      ),
    );
    expect(Array.from(await product.data())).toEqual([17, 53]);
    product.dispose();
    useStockKernels();
    expect(tf.getKernel('BatchMatMul', 'webgpu').kernelFunc).toBe(stock.kernelFunc);
  });

  it('free what they take', () => {
    useSoftwareKernels();
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.matMul(tf.ones([30, 20]), tf.ones([20, 10])));
    expect(tf.memory().numTensors).toBe(before);
  });
});
