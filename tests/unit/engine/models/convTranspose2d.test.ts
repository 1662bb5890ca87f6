import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { convTranspose2d } from '../../../../src/engine/models/layers.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

interface Case {
  readonly x: readonly [number, number, number, number];
  /** [kernel height, kernel width, out, in] */
  readonly filter: readonly [number, number, number, number];
  readonly stride: number;
  readonly padding: number;
}

function resultShape({ x, filter, stride, padding }: Case): [number, number, number, number] {
  const side = (pixels: number, kernel: number) => (pixels - 1) * stride - 2 * padding + kernel;
  return [x[0], side(x[1], filter[0]), side(x[2], filter[1]), filter[2]];
}

/** A transposed convolution in plain arrays: every number of the input stamps the filter on the result. */
function plainStamps(x: ArrayLike<number>, w: ArrayLike<number>, shape: Case): number[] {
  const [n, height, width, inputs] = shape.x;
  const [kernelHeight, kernelWidth, outputs] = shape.filter;
  const [, rows, columns] = resultShape(shape);
  const y = new Array<number>(n * rows * columns * outputs).fill(0);
  for (let image = 0; image < n; image++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        for (let i = 0; i < kernelHeight; i++)
          for (let j = 0; j < kernelWidth; j++) {
            const r = row * shape.stride + i - shape.padding;
            const c = column * shape.stride + j - shape.padding;
            if (r < 0 || r >= rows || c < 0 || c >= columns) continue;
            for (let out = 0; out < outputs; out++)
              for (let input = 0; input < inputs; input++)
                y[((image * rows + r) * columns + c) * outputs + out] +=
                  x[((image * height + row) * width + column) * inputs + input] *
                  w[((i * kernelWidth + j) * outputs + out) * inputs + input];
          }
  return y;
}

const numbers = (shape: readonly number[], seed: number) =>
  symmetricUniform(
    shape.reduce((a, b) => a * b),
    1,
    randomStream(seed, 'data'),
  );
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, index) => sum + value * b[index], 0);

/** d(Σ dy · f)/d(values), by central differences; f is linear in the values, so any step is exact. */
function differences(values: Float32Array, f: (values: Float32Array) => number): number[] {
  return Array.from(values, (_, index) => {
    const shifted = (by: number) => f(values.map((value, at) => (at === index ? value + by : value)));
    return (shifted(1) - shifted(-1)) / 2;
  });
}

const cases = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 2, max: 5 }),
    width: fc.integer({ min: 2, max: 5 }),
    inputs: fc.integer({ min: 1, max: 3 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    kernelHeight: fc.integer({ min: 2, max: 4 }),
    kernelWidth: fc.integer({ min: 2, max: 4 }),
    stride: fc.integer({ min: 1, max: 2 }),
    padding: fc.integer({ min: 0, max: 1 }),
  })
  .map(
    ({ n, height, width, inputs, outputs, kernelHeight, kernelWidth, stride, padding }): Case => ({
      x: [n, height, width, inputs],
      filter: [kernelHeight, kernelWidth, outputs, inputs],
      stride,
      padding,
    }),
  );

const largestDifference = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((value, index) => Math.abs(value - actual[index])));

describe.each(testBackends)('convTranspose2d on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stamps the filter for every number of the input, with the gradient of both, whatever size, stride and padding', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 0, max: 1_000 }), async (shape, seed) => {
        const [x, w, dy] = [
          numbers(shape.x, seed),
          numbers(shape.filter, seed + 1),
          numbers(resultShape(shape), seed + 2),
        ];
        const { y, gradients } = tf.tidy(() => {
          const apply = (images: tf.Tensor, filter: tf.Tensor) =>
            convTranspose2d(images as tf.Tensor4D, filter as tf.Tensor4D, shape.stride, shape.padding);
          const tensors = [tf.tensor4d(x, [...shape.x]), tf.tensor4d(w, [...shape.filter])];
          return {
            y: apply(tensors[0], tensors[1]),
            gradients: tf.grads(apply)(tensors, tf.tensor4d(dy, resultShape(shape))),
          };
        });
        expect(y.shape).toEqual(resultShape(shape));
        expect(largestDifference(await y.data(), plainStamps(x, w, shape))).toBeLessThan(1e-5 * w.length);
        const dx = differences(x, (values) => dot(plainStamps(values, w, shape), dy));
        const dw = differences(w, (values) => dot(plainStamps(x, values, shape), dy));
        expect(largestDifference(await gradients[0].data(), dx)).toBeLessThan(1e-5 * w.length);
        expect(largestDifference(await gradients[1].data(), dw)).toBeLessThan(1e-5 * dy.length);
        tf.dispose([y, gradients]);
      }),
      { numRuns: 30, seed: 3 },
    );
  }, 120_000);
});
