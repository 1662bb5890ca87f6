import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { conv2d } from '../../../../src/engine/models/layers.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend, startWithoutOwnKernels, testBackends } from '../startTestBackend.ts';

interface Case {
  readonly x: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number, number];
  readonly stride: number;
  readonly padding: number;
}

const outSide = (side: number, kernel: number, { stride, padding }: Case) =>
  Math.floor((side + 2 * padding - kernel) / stride) + 1;

/** A convolution in plain arrays, from its definition. */
function plainConvolution(x: ArrayLike<number>, w: ArrayLike<number>, shape: Case): number[] {
  const [n, height, width, inputs] = shape.x;
  const [kernelHeight, kernelWidth, , outputs] = shape.filter;
  const y: number[] = [];
  for (let image = 0; image < n; image++)
    for (let row = 0; row < outSide(height, kernelHeight, shape); row++)
      for (let column = 0; column < outSide(width, kernelWidth, shape); column++)
        for (let out = 0; out < outputs; out++) {
          let sum = 0;
          for (let i = 0; i < kernelHeight; i++)
            for (let j = 0; j < kernelWidth; j++) {
              const r = row * shape.stride + i - shape.padding;
              const c = column * shape.stride + j - shape.padding;
              if (r < 0 || r >= height || c < 0 || c >= width) continue;
              for (let input = 0; input < inputs; input++)
                sum +=
                  x[((image * height + r) * width + c) * inputs + input] *
                  w[((i * kernelWidth + j) * inputs + input) * outputs + out];
            }
          y.push(sum);
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

/** y, dX and dW of a convolution on the current backend. */
async function onBackend(
  shape: Case,
  convolve: typeof conv2d,
  data: { x: Float32Array; w: Float32Array; dy: Float32Array | null },
) {
  const x = tf.tensor4d(data.x, [...shape.x]);
  const w = tf.tensor4d(data.w, [...shape.filter]);
  const y = tf.tidy(() => convolve(x, w, shape.stride, shape.padding));
  const dy = data.dy === null ? tf.ones(y.shape) : tf.tensor(data.dy, y.shape);
  const gradients = tf.tidy(() =>
    tf.grads((a, b) => convolve(a as tf.Tensor4D, b as tf.Tensor4D, shape.stride, shape.padding))([x, w], dy),
  );
  const result = { shape: y.shape, y: await y.data(), dx: await gradients[0].data(), dw: await gradients[1].data() };
  tf.dispose([x, w, y, dy, gradients]);
  return result;
}

const cases = fc
  .record({
    n: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 3, max: 9 }),
    width: fc.integer({ min: 3, max: 9 }),
    inputs: fc.constantFrom(1, 2, 3, 4, 8),
    outputs: fc.constantFrom(1, 3, 4, 12, 14),
    kernelHeight: fc.integer({ min: 1, max: 3 }),
    kernelWidth: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    paddingShare: fc.integer({ min: 0, max: 2 }),
  })
  .map(
    ({ n, height, width, inputs, outputs, kernelHeight, kernelWidth, stride, paddingShare }): Case => ({
      x: [n, height, width, inputs],
      filter: [kernelHeight, kernelWidth, inputs, outputs],
      stride,
      padding: Math.min(paddingShare, kernelHeight - 1, kernelWidth - 1),
    }),
  );

describe.each(testBackends)('conv2d on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is the convolution of its definition, with the gradient of both, whatever size, stride and padding', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 0, max: 1_000 }), async (shape, seed) => {
        const x = numbers(shape.x, seed);
        const w = numbers(shape.filter, seed + 1);
        const expected = plainConvolution(x, w, shape);
        const dy = numbers([expected.length], seed + 2);
        const actual = await onBackend(shape, conv2d, { x, w, dy });
        expect(actual.shape.slice(1, 3)).toEqual([
          outSide(shape.x[1], shape.filter[0], shape),
          outSide(shape.x[2], shape.filter[1], shape),
        ]);
        const scale = 1e-5 * w.length;
        expect(Math.max(...expected.map((value, index) => Math.abs(value - actual.y[index])))).toBeLessThan(scale);
        const dx = differences(x, (values) => dot(plainConvolution(values, w, shape), dy));
        const dw = differences(w, (values) => dot(plainConvolution(x, values, shape), dy));
        expect(Math.max(...dx.map((value, index) => Math.abs(value - actual.dx[index])))).toBeLessThan(scale);
        expect(Math.max(...dw.map((value, index) => Math.abs(value - actual.dw[index])))).toBeLessThan(
          1e-5 * expected.length,
        );
      }),
      { numRuns: 40, seed: 7 },
    );
  }, 120_000);
});

// The layers of ResNet-18 on CIFAR-10 and on MiniImagenet, fewer images and channels; 21 → 11 leaves a remainder.
const layers: Case[] = [
  { x: [2, 32, 32, 3], filter: [3, 3, 3, 8], stride: 1, padding: 1 },
  { x: [2, 32, 32, 8], filter: [3, 3, 8, 16], stride: 2, padding: 1 },
  { x: [2, 32, 32, 8], filter: [1, 1, 8, 16], stride: 2, padding: 0 },
  { x: [2, 21, 21, 8], filter: [3, 3, 8, 16], stride: 2, padding: 1 },
  { x: [2, 21, 21, 8], filter: [1, 1, 8, 16], stride: 2, padding: 0 },
  { x: [3, 19, 22, 5], filter: [3, 3, 5, 7], stride: 2, padding: 1 },
  { x: [10, 4, 4, 16], filter: [3, 3, 16, 16], stride: 1, padding: 1 },
  { x: [20, 4, 4, 20], filter: [3, 3, 20, 40], stride: 1, padding: 1 },
  { x: [3, 7, 9, 12], filter: [3, 3, 12, 20], stride: 1, padding: 1 },
  { x: [2, 1, 3, 4], filter: [3, 3, 4, 8], stride: 1, padding: 1 },
];

describe.each(['with kernels of our own', 'where threads share its memory'])("conv2d's gradient on wasm, %s", (how) => {
  it.each(layers)(
    "agrees with TensorFlow's own on cpu: $x * $filter, stride $stride",
    async (shape) => {
      const stock: typeof conv2d = (x, w, stride, padding) =>
        tf.conv2d(
          tf.pad(x, [
            [0, 0],
            [padding, padding],
            [padding, padding],
            [0, 0],
          ]),
          w,
          stride,
          'valid',
        );
      const data = { x: numbers(shape.x, 1), w: numbers(shape.filter, 2), dy: null };
      await startTestBackend('cpu');
      const expected = await onBackend(shape, stock, data);
      const renew = how.startsWith('with') ? await startTestBackend('wasm') : await startWithoutOwnKernels();
      const actual = await onBackend(shape, conv2d, data);
      if (typeof renew === 'function') renew();
      expect(actual.shape).toEqual(expected.shape);
      for (const part of ['y', 'dx', 'dw'] as const)
        expect(relativeError(actual[part], expected[part])).toBeLessThan(1e-5);
    },
    60_000,
  );
});
