import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { batchNorm, runningNormaliser } from '../../../../src/engine/models/normalisation.ts';
import { tidy } from '../../../../src/engine/models/parameters.ts';
import { batchNormGradient, normaliseBatch } from '../../../../src/engine/programs/batchNorm.ts';
import { hardwareSharing, type Sharing, softwareSharing } from '../../../../src/engine/programs/dispatch.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

/** What goes into batch normalisation, what may be added to its result, and a gradient of that. */
interface Values {
  readonly x: readonly number[];
  readonly gamma: readonly number[];
  readonly beta: readonly number[];
  readonly plus: readonly number[];
  readonly dy: readonly number[];
}

/** Batch normalisation with what follows it in float64, from its definition. */
function plain({ x, gamma, beta, plus }: Values, adds: boolean, relu: boolean) {
  const channels = gamma.length;
  const count = x.length / channels;
  const ofChannel = (channel: number) => x.filter((_, index) => index % channels === channel);
  const mean = gamma.map((_, channel) => ofChannel(channel).reduce((a, b) => a + b) / count);
  const squares = gamma.map((_, channel) =>
    ofChannel(channel).reduce((sum, value) => sum + (value - mean[channel]) ** 2, 0),
  );
  const y = x.map((value, index) => {
    const channel = index % channels;
    const normal = (value - mean[channel]) / Math.sqrt(squares[channel] / count + 1e-5);
    const sum = normal * gamma[channel] + beta[channel] + (adds ? plus[index] : 0);
    return relu ? Math.max(sum, 0) : sum;
  });
  return { y, mean, variance: squares.map((sum) => sum / (count - 1)) };
}

const numbers = (count: number, seed: number, scale = 1) =>
  Array.from(symmetricUniform(count, scale, randomStream(seed, 'data')));
const largest = (found: ArrayLike<number>, wanted: readonly number[]) =>
  Math.max(...wanted.map((value, index) => Math.abs(found[index] - value)));

/** d Σ dy · y/d values by central differences in float64. */
function differences(values: Values, of: 'x' | 'gamma' | 'beta' | 'plus', adds: boolean, relu: boolean): number[] {
  const h = 1e-6;
  const loss = (changed: readonly number[]) =>
    plain({ ...values, [of]: changed }, adds, relu).y.reduce((sum, y, index) => sum + y * values.dy[index], 0);
  return values[of].map(
    (value, index) => (loss(values[of].with(index, value + h)) - loss(values[of].with(index, value - h))) / (2 * h),
  );
}

const cases = fc.record({
  shape: fc
    .tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(1, 2, 3, 4, 6, 8, 20),
    )
    .filter(([n, height, width]) => n * height * width > 2),
  adds: fc.boolean(),
  relu: fc.boolean(),
  seed: fc.integer({ min: 0, max: 1_000 }),
});

function valuesOf([n, height, width, channels]: readonly number[], seed: number): Values {
  const size = n * height * width * channels;
  return {
    x: Array.from(Float32Array.from(numbers(size, seed, 2), (value, index) => value + (index % channels))),
    gamma: numbers(channels, seed + 1, 2),
    beta: numbers(channels, seed + 2),
    plus: numbers(size, seed + 3),
    dy: numbers(size, seed + 4),
  };
}

function tensorsOf(shape: readonly [number, number, number, number], values: Values) {
  const image = (data: readonly number[]) => tf.tensor4d([...data], [...shape]);
  const channel = (data: readonly number[]) => tf.tensor1d([...data]);
  return {
    x: image(values.x),
    gamma: channel(values.gamma),
    beta: channel(values.beta),
    plus: image(values.plus),
    dy: image(values.dy),
  };
}

const sharings: Readonly<Record<string, Sharing>> = {
  'an imitated card': softwareSharing,
  hardware: hardwareSharing,
  'hardware, with several blocks of channels and pixels in a thread': { lanes: 8, threads: 40 },
};

describe.runIf(webgpu !== null)('batch normalisation on webgpu', () => {
  let before = 0;
  beforeAll(() => {
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(Object.entries(sharings))(
    'has the values and the gradient of its definition, as cut for %s',
    async (_, sharing) => {
      await fc.assert(
        fc.asyncProperty(cases, async ({ shape, adds, relu, seed }) => {
          const values = valuesOf(shape, seed);
          const { x, gamma, beta, plus, dy } = tensorsOf(shape, values);
          const made = normaliseBatch(x, gamma, beta, { relu, ...(adds ? { plus } : {}) }, sharing);
          const gradient = batchNormGradient(dy, { x, gamma, ...made, y: relu ? made.y : null }, adds, sharing);
          const expected = plain(values, adds, relu);
          // A small variance magnifies rounding.
          const sharpest = Math.max(1, 1 / Math.sqrt(Math.min(...expected.variance) + 1e-5));
          expect(largest(await made.mean.data(), expected.mean)).toBeLessThan(1e-5);
          expect(largest(await made.variance.data(), expected.variance)).toBeLessThan(1e-4);
          expect(largest(await made.y.data(), expected.y)).toBeLessThan(2e-5 * sharpest);
          const check = async (name: 'x' | 'gamma' | 'beta' | 'plus', tolerance: number) => {
            const found = gradient[name];
            expect(found).not.toBeNull();
            expect(largest((await found?.data()) ?? [], differences(values, name, adds, relu))).toBeLessThan(tolerance);
          };
          await check('x', 2e-4 * sharpest ** 2);
          await check('gamma', 2e-4 * sharpest);
          await check('beta', 1e-4);
          if (adds) await check('plus', 1e-5);
          else expect(gradient.plus).toBeNull();
          const { plus: added, ...others } = gradient;
          tf.dispose([x, gamma, beta, plus, dy, { ...made }, { ...others }, added ?? []]);
        }),
        { numRuns: 12, seed: 11 },
      );
    },
  );

  it('keeps its precision far from zero, and its head where all values are equal', async () => {
    const shape = [4, 5, 5, 2] as const;
    const far: Values = { ...valuesOf(shape, 4), x: numbers(200, 4).map((value) => Math.fround(1_000 + value)) };
    const { x, gamma, beta, plus, dy } = tensorsOf(shape, far);
    const made = normaliseBatch(x, gamma, beta, { relu: false }, hardwareSharing);
    expect(largest(await made.y.data(), plain(far, false, false).y)).toBeLessThan(2e-3);
    const equal = tf.fill<tf.Rank.R4>([2, 2, 2, 1], 0.5);
    const [three, minusOne] = [tf.tensor1d([3]), tf.tensor1d([-1])];
    const flat = normaliseBatch(equal, three, minusOne, { relu: false });
    expect(Array.from(await flat.y.data())).toEqual(Array<number>(8).fill(-1));
    expect(Array.from(await flat.variance.data())).toEqual([0]);
    tf.dispose([x, gamma, beta, plus, dy, { ...made }, equal, three, minusOne, { ...flat }]);
  });

  it('is what the model takes, with its gradient, in two dispatches each', async () => {
    const shape = [2, 3, 4, 4] as const;
    const values = valuesOf(shape, 8);
    const { x, gamma, beta, plus, dy } = tensorsOf(shape, values);
    const { y, statistics } = tidy(() => batchNorm(x, gamma, beta, { plus, relu: true }));
    expect(largest(await y.data(), plain(values, true, true).y)).toBeLessThan(1e-4);
    const f = (...[image, scale, shift, added]: tf.Tensor[]) =>
      batchNorm(image as tf.Tensor4D, scale as tf.Tensor1D, shift as tf.Tensor1D, {
        plus: added as tf.Tensor4D,
        relu: true,
      }).y;
    const gradients = tf.tidy(() => tf.grads(f)([x, gamma, beta, plus], dy));
    for (const [index, name] of (['x', 'gamma', 'beta', 'plus'] as const).entries())
      expect(largest(await gradients[index].data(), differences(values, name, true, true))).toBeLessThan(1e-3);
    tf.dispose([x, gamma, beta, plus, dy, y, { ...statistics }, gradients]);
  });

  it('goes by the running statistics in evaluation mode, with the gradient of what goes in', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, adds, relu, seed }) => {
        const channels = shape[3];
        const values = valuesOf(shape, seed);
        const variances = numbers(channels, seed + 5).map((value) => value + 1.5);
        const { x, gamma, beta, plus, dy } = tensorsOf(shape, values);
        const [mean, variance] = [tf.tensor1d(numbers(channels, seed + 6)), tf.tensor1d(variances)];
        const means = await mean.data();
        const normalise = runningNormaliser({
          parameters: { 'bn.weight': gamma, 'bn.bias': beta },
          statistics: { 'bn.running_mean': mean, 'bn.running_var': variance },
        });
        const f = (image: tf.Tensor, added: tf.Tensor) =>
          normalise(image as tf.Tensor4D, 'bn', { relu, ...(adds ? { plus: added as tf.Tensor4D } : {}) });
        const y = tidy(() => f(x, plus));
        const gradients = tf.tidy(() =>
          adds ? tf.grads(f)([x, plus], dy) : [tf.grad((image) => f(image, plus))(x, dy)],
        );
        const expected = values.x.map((value, index) => {
          const channel = index % channels;
          const scale = values.gamma[channel] / Math.sqrt(variances[channel] + 1e-5);
          const sum = (value - means[channel]) * scale + values.beta[channel] + (adds ? values.plus[index] : 0);
          const d = relu && sum <= 0 ? 0 : values.dy[index];
          return { y: relu ? Math.max(sum, 0) : sum, dx: d * scale, dPlus: d };
        });
        expect(
          largest(
            await y.data(),
            expected.map((value) => value.y),
          ),
        ).toBeLessThan(1e-4);
        expect(
          largest(
            await gradients[0].data(),
            expected.map(({ dx }) => dx),
          ),
        ).toBeLessThan(1e-4);
        if (adds)
          expect(
            largest(
              await gradients[1].data(),
              expected.map(({ dPlus }) => dPlus),
            ),
          ).toBeLessThan(1e-5);
        tf.dispose([x, gamma, beta, plus, dy, mean, variance, y, gradients]);
      }),
      { numRuns: 12, seed: 2 },
    );
  });
});
