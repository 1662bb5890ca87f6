import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { convolve, imageGradient } from '../../../../src/engine/programs/convolution.ts';
import { hardwareSharing, type Sharing, softwareSharing } from '../../../../src/engine/programs/dispatch.ts';
import { filterGradient, useOwnKernels, useStockKernels } from '../../../../src/engine/programs/ownKernels.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

interface Case {
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  readonly padding: number;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    n: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    kernelHeight: fc.integer({ min: 1, max: 4 }),
    kernelWidth: fc.integer({ min: 1, max: 4 }),
    inputs: fc.constantFrom(1, 2, 3, 4, 5, 8),
    outputs: fc.constantFrom(1, 3, 4, 6, 8),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 1 }),
  })
  .filter(
    ({ height, width, kernelHeight, kernelWidth, padding }) =>
      height + 2 * padding >= kernelHeight && width + 2 * padding >= kernelWidth,
  );

/** Enough pixels for many shares. */
const large: fc.Arbitrary<Case> = fc.record({
  n: fc.constantFrom(5, 10),
  height: fc.constant(16),
  width: fc.constant(15),
  kernelHeight: fc.constantFrom(1, 3, 4),
  kernelWidth: fc.constantFrom(1, 3, 4),
  inputs: fc.constantFrom(3, 4),
  outputs: fc.constantFrom(4, 6),
  stride: fc.constantFrom(1, 2),
  padding: fc.constantFrom(0, 1),
});

const numbers = (count: number, seed: number) => symmetricUniform(count, 1, randomStream(seed, 'data'));
const pad = (padding: number): [[0, 0], [number, number], [number, number], [0, 0]] => [
  [0, 0],
  [padding, padding],
  [padding, padding],
  [0, 0],
];

/** A convolution and its gradients in float64, from the definition. */
function plain(shape: Case, [x, w, dy]: readonly Float32Array[], rows: number, columns: number) {
  const { n, height, width, kernelHeight, kernelWidth, inputs, outputs, stride, padding } = shape;
  const zeros = (count: number) => Array<number>(count).fill(0);
  const [y, dx, dw] = [zeros(dy.length), zeros(x.length), zeros(w.length)];
  for (let image = 0; image < n; image++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let i = 0; i < kernelHeight; i++)
          for (let j = 0; j < kernelWidth; j++) {
            const [r, c] = [row * stride + i - padding, column * stride + j - padding];
            if (r < 0 || r >= height || c < 0 || c >= width) continue;
            for (let input = 0; input < inputs; input++)
              for (let output = 0; output < outputs; output++) {
                const inX = ((image * height + r) * width + c) * inputs + input;
                const inW = ((i * kernelWidth + j) * inputs + input) * outputs + output;
                const inY = ((image * rows + row) * columns + column) * outputs + output;
                y[inY] += x[inX] * w[inW];
                dx[inX] += dy[inY] * w[inW];
                dw[inW] += x[inX] * dy[inY];
              }
          }
  return { y, dx, dw };
}

const sharings: Readonly<Record<string, Sharing>> = {
  'an imitated card': softwareSharing,
  'an imitated card, in several shares': { lanes: 1, threads: 2_000 },
  hardware: hardwareSharing,
};

describe.runIf(webgpu !== null)('convolutions and their gradients on webgpu', () => {
  let before = 0;
  beforeAll(() => {
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(Object.entries(sharings))('is that of the definition, as cut for %s', async (_name, sharing) => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(cases, large), fc.integer({ min: 0, max: 1_000 }), async (shape, seed) => {
        const { n, height, width, inputs, outputs } = shape;
        const convolution = tf.backend_util.computeConv2DInfo(
          [n, height, width, inputs],
          [shape.kernelHeight, shape.kernelWidth, inputs, outputs],
          shape.stride,
          1,
          pad(shape.padding),
        );
        const x = numbers(n * height * width * inputs, seed);
        const w = numbers(tf.util.sizeFromShape(convolution.filterShape), seed + 2);
        const dy = numbers(tf.util.sizeFromShape(convolution.outShape), seed + 1);
        const given = [
          tf.tensor(x, convolution.inShape),
          tf.tensor(w, convolution.filterShape),
          tf.tensor(dy, convolution.outShape),
        ];
        const [xTensor, wTensor, dyTensor] = given;
        const results = {
          y: convolve(xTensor, wTensor, convolution, sharing),
          dx: imageGradient(dyTensor, wTensor, convolution, sharing),
          dw: filterGradient(xTensor, dyTensor, convolution, sharing),
        };
        const expected = plain(shape, [x, w, dy], convolution.outHeight, convolution.outWidth);
        for (const [name, like] of [
          ['y', convolution.outShape],
          ['dx', convolution.inShape],
          ['dw', convolution.filterShape],
        ] as const) {
          const result = tf.engine().makeTensorFromTensorInfo(results[name]);
          const actual = await result.data();
          expect(result.shape).toEqual(like);
          const difference = expected[name].map((value, index) => Math.abs(value - actual[index]));
          expect(Math.max(...difference), name).toBeLessThan(2e-4);
          result.dispose();
        }
        tf.dispose(given);
      }),
      { numRuns: 15, seed: 5 },
    );
  });

  it('gives the same bits each time', async () => {
    const convolution = tf.backend_util.computeConv2DInfo([4, 8, 8, 4], [3, 3, 4, 4], 1, 1, pad(1));
    const [x, dy] = [tf.tensor(numbers(1_024, 1), [4, 8, 8, 4]), tf.tensor(numbers(1_024, 2), [4, 8, 8, 4])];
    const once = () => tf.engine().makeTensorFromTensorInfo(filterGradient(x, dy, convolution, hardwareSharing));
    const [first, second] = [once(), once()];
    expect(await second.data()).toEqual(await first.data());
    tf.dispose([x, dy, first, second]);
  });

  it("takes the stock one's place in gradients of convolutions and of transposed ones", async () => {
    const [x, filter] = [tf.tensor4d(numbers(200, 3), [2, 5, 5, 4]), tf.tensor4d(numbers(144, 4), [3, 3, 4, 4])];
    const gradients = () =>
      tf.tidy(() => [
        ...tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, pad(1)))([x, filter]),
        ...tf.grads((a, b) => tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [2, 9, 9, 4], 2, pad(1)))([
          x,
          filter,
        ]),
      ]);
    const own = gradients();
    useStockKernels();
    const stock = gradients();
    useOwnKernels('webgpu');
    for (const [index, gradient] of own.entries()) {
      const [actual, expected] = [await gradient.data(), await stock[index].data()];
      expect(Math.max(...expected.map((value, at) => Math.abs(value - actual[at])))).toBeLessThan(1e-5);
    }
    tf.dispose([x, filter, own, stock]);
  });
});
