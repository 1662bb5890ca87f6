import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { batchNorm, runningNormalisation, runningNormaliser } from '../../../../src/engine/models/normalisation.ts';
import { tidy } from '../../../../src/engine/models/parameters.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

/** Batch normalisation in training mode in float64, from its definition. */
function plainBatchNorm(x: readonly number[], gamma: readonly number[], beta: readonly number[]) {
  const channels = gamma.length;
  const count = x.length / channels;
  const ofChannel = (channel: number) => x.filter((_, index) => index % channels === channel);
  const mean = gamma.map((_, channel) => ofChannel(channel).reduce((a, b) => a + b) / count);
  const squares = gamma.map((_, channel) =>
    ofChannel(channel).reduce((sum, value) => sum + (value - mean[channel]) ** 2, 0),
  );
  const y = x.map((value, index) => {
    const channel = index % channels;
    return ((value - mean[channel]) / Math.sqrt(squares[channel] / count + 1e-5)) * gamma[channel] + beta[channel];
  });
  return { y, mean, unbiased: squares.map((sum) => sum / (count - 1)) };
}

/** d f/d values by central differences in float64. */
function differences(values: readonly number[], f: (values: readonly number[]) => number): number[] {
  const h = 1e-5;
  return values.map((value, index) => (f(values.with(index, value + h)) - f(values.with(index, value - h))) / (2 * h));
}

const numbers = (count: number, seed: number, scale = 1) =>
  Array.from(symmetricUniform(count, scale, randomStream(seed, 'data')));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, index) => sum + value * b[index], 0);

async function onBackend(
  shape: [number, number, number, number],
  values: { x: number[]; gamma: number[]; beta: number[]; dy: number[] },
) {
  const inputs = [tf.tensor4d(values.x, shape), tf.tensor1d(values.gamma), tf.tensor1d(values.beta)] as const;
  const dy = tf.tensor4d(values.dy, shape);
  const { y, statistics } = tidy(() => batchNorm(...inputs));
  const f = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
    batchNorm(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D).y;
  const gradients = tf.tidy(() => tf.grads(f)([...inputs], dy));
  const [dx, dGamma, dBeta] = await Promise.all(gradients.map((gradient) => gradient.data()));
  const result = {
    y: await y.data(),
    mean: await statistics.mean.data(),
    variance: await statistics.variance.data(),
    dx,
    dGamma,
    dBeta,
  };
  tf.dispose([[...inputs], dy, y, statistics.mean, statistics.variance, gradients]);
  return result;
}

const shapes = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
  )
  .filter(([n, height, width]) => n * height * width > 1);

describe.each(testBackends)('batchNorm on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('normalises by the definition, tells mean and unbiased variance, and has the exact gradient', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer({ min: 0, max: 1_000 }), async (shape, seed) => {
        const size = shape.reduce((a, b) => a * b);
        const x = Array.from(Float32Array.from(numbers(size, seed), (value, index) => value + (index % shape[3])));
        const [gamma, beta, dy] = [
          numbers(shape[3], seed + 1, 2),
          numbers(shape[3], seed + 2),
          numbers(size, seed + 3),
        ];
        const expected = plainBatchNorm(x, gamma, beta);
        const actual = await onBackend(shape, { x, gamma, beta, dy });
        const loss = (values: readonly number[], scale: readonly number[], shift: readonly number[]) =>
          dot(plainBatchNorm(values, scale, shift).y, dy);
        // A tiny variance magnifies rounding; hence the allowance for 1/σ.
        const sharpest = 1 / Math.sqrt(Math.min(...expected.unbiased) + 1e-5);
        const near = (found: ArrayLike<number>, wanted: readonly number[], tolerance: number) =>
          wanted.forEach((value, index) => expect(Math.abs(found[index] - value)).toBeLessThan(tolerance));
        near(actual.mean, expected.mean, 1e-5);
        near(actual.variance, expected.unbiased, 1e-5);
        near(actual.y, expected.y, 2e-5 * sharpest);
        near(
          actual.dBeta,
          differences(beta, (values) => loss(x, gamma, values)),
          1e-4,
        );
        near(
          actual.dGamma,
          differences(gamma, (values) => loss(x, values, beta)),
          1e-4 * sharpest,
        );
        near(
          actual.dx,
          differences(x, (values) => loss(values, gamma, beta)),
          1e-4 * sharpest ** 2,
        );
      }),
      { numRuns: 40, seed: 3 },
    );
  }, 60_000);

  it('keeps its precision far from zero, and its head where all values are equal', async () => {
    const far = numbers(200, 4).map((value) => Math.fround(1_000 + value));
    const dy = numbers(200, 5);
    const farActual = await onBackend([4, 5, 5, 2], { x: far, gamma: [1, 2], beta: [0, 1], dy });
    expect(relativeError(farActual.y, plainBatchNorm(far, [1, 2], [0, 1]).y)).toBeLessThan(1e-3);
    const equal = await onBackend([2, 2, 2, 1], {
      x: Array<number>(8).fill(0.5),
      gamma: [3],
      beta: [-1],
      dy: numbers(8, 6),
    });
    expect(Array.from(equal.y)).toEqual(Array<number>(8).fill(-1));
    expect(Array.from(equal.variance)).toEqual([0]);
    expect(Array.from(equal.dx).every(Number.isFinite)).toBe(true);
  });

  it('refuses a single value per channel, which has no variance', () => {
    const [x, one, zero] = [tf.ones<tf.Rank.R4>([1, 1, 1, 3]), tf.ones<tf.Rank.R1>([3]), tf.zeros<tf.Rank.R1>([3])];
    expect(() => batchNorm(x, one, zero)).toThrow(/at least two values.*found 1/);
    tf.dispose([x, one, zero]);
  });

  it('goes by the running statistics in evaluation mode: x · γ/√(var + ε) + β − mean · γ/√(var + ε)', async () => {
    const tensors = [
      [2, -1],
      [0.5, 0],
      [3, -4],
      [4 - 1e-5, 0],
    ].map((values) => tf.tensor1d(values));
    const [gamma, beta, mean, variance] = tensors;
    const { scale, shift } = tidy(() => runningNormalisation(gamma, beta, { mean, variance }));
    expect(relativeError(await scale.data(), [1, -1 / Math.sqrt(1e-5)])).toBeLessThan(1e-6);
    expect(relativeError(await shift.data(), [0.5 - 3, -4 / Math.sqrt(1e-5)])).toBeLessThan(1e-6);
    tf.dispose([tensors, scale, shift]);
  });
});

type Shape = readonly [number, number, number, number];

/** Everything that normalisation gives, with what follows it, on the current backend. */
async function normalised(shape: Shape, adds: boolean, relu: boolean, running: boolean): Promise<number[]> {
  const [n, rows, columns, channels] = shape;
  const size = n * rows * columns * channels;
  const values = (count: number, seed: number) => tf.tensor1d(numbers(count, seed, 2));
  const tensors = tf.tidy(() => {
    const x = tf.add(tf.reshape(values(size, 1), [...shape]), values(channels, 2));
    const [gamma, beta, mean] = [3, 4, 5].map((seed) => values(channels, seed));
    const plus = tf.reshape(values(size, 6), [...shape]);
    const dy: tf.Tensor4D = tf.reshape(values(size, 7), [...shape]);
    const variance = tf.square(values(channels, 8));
    const statistics: tf.Tensor[] = [];
    const apply = (...[images, scale, shift, other]: tf.Tensor[]) => {
      const after = { relu, ...(adds ? { plus: other as tf.Tensor4D } : {}) };
      const [factor, summand] = [scale as tf.Tensor1D, shift as tf.Tensor1D];
      if (running)
        return runningNormaliser({
          parameters: { 'a.weight': factor, 'a.bias': summand },
          statistics: { 'a.running_mean': mean, 'a.running_var': variance },
        })(images as tf.Tensor4D, 'a', after);
      const made = batchNorm(images as tf.Tensor4D, factor, summand, after);
      statistics.push(tf.keep(made.statistics.mean), tf.keep(made.statistics.variance));
      return made.y;
    };
    const { value, grads } = running
      ? tf.valueAndGrads((images, other) => apply(images, gamma, beta, other))([x, ...(adds ? [plus] : [])], dy)
      : tf.valueAndGrads(apply)([x, gamma, beta, ...(adds ? [plus] : [])], dy);
    return [value, ...grads, ...statistics];
  });
  const found: number[] = [];
  for (const tensor of tensors) found.push(...(await tensor.data()));
  tf.dispose(tensors);
  return found;
}

// Two blocks of pixels, a block and one, and less than one.
const fused = (
  [
    [3, 9, 8, 4],
    [1, 43, 3, 8],
    [2, 3, 3, 20],
  ] as const
).flatMap((shape) =>
  [true, false].flatMap((adds) =>
    [true, false].flatMap((relu) => [true, false].map((running) => ({ shape, adds, relu, running }))),
  ),
);

describe('normalisation by kernels of our own on wasm', () => {
  it('gives what operations of TensorFlow.js give on cpu, with all gradients, whatever follows it', async () => {
    const all = async (backend: 'cpu' | 'wasm') => {
      await startTestBackend(backend);
      const before = tf.memory().numTensors;
      const results: number[][] = [];
      for (const { shape, adds, relu, running } of fused) results.push(await normalised(shape, adds, relu, running));
      expect(tf.memory().numTensors).toBe(before);
      return results;
    };
    const expected = await all('cpu');
    const actual = await all('wasm');
    for (const [index, values] of expected.entries()) expect(relativeError(actual[index], values)).toBeLessThan(2e-5);
  }, 60_000);
});
