import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { moveStatistics } from '../../../../src/engine/models/classifier.ts';
import { crossEntropy } from '../../../../src/engine/models/losses.ts';
import { sgdStep } from '../../../../src/engine/models/parameters.ts';
import { weightedSums } from '../../../../src/engine/programs/parameterUpdates.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

const numbers = (count: number, seed: number, scale = 1) =>
  Array.from(symmetricUniform(count, scale, randomStream(seed, 'data')));
const largest = (found: ArrayLike<number>, wanted: readonly number[]) => {
  expect(found.length).toBe(wanted.length);
  return Math.max(0, ...wanted.map((value, index) => Math.abs(found[index] - value)));
};

describe.runIf(webgpu !== null)('updates of all parameters at once on webgpu', () => {
  beforeAll(() => tf.setBackend('webgpu'));

  it('sums terms of several tensors by their factors, whatever their sizes', async () => {
    const cases = fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 }),
      factors: fc.constantFrom([2], [1, -0.25], [1, -0.5, -0.5], [0.81, 0.09, 0.1, 3]),
      seed: fc.integer({ min: 0, max: 1_000 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ sizes, factors, seed }) => {
        const values = sizes.map((size, sum) => factors.map((_, term) => numbers(size, seed + 10 * sum + term)));
        const sums = weightedSums(
          factors,
          values.map((terms) => terms.map((term) => tf.tensor1d(term))),
        );
        for (const [index, size] of sizes.entries()) {
          const wanted = Array.from({ length: size }, (_, at) =>
            factors.reduce((sum, factor, term) => sum + factor * values[index][term][at], 0),
          );
          expect(largest(await sums[index].data(), wanted)).toBeLessThan(1e-6);
          expect(sums[index].shape).toEqual([size]);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('steps along one gradient or two, and moves statistics by one batch or two', async () => {
    const trees = [0, 1, 2].map((seed) => ({
      weight: tf.tensor2d(numbers(12, seed), [3, 4]),
      bias: tf.tensor1d(numbers(3, seed + 5)),
    }));
    const [first, second, third] = trees;
    const [a, b, c] = await Promise.all(trees.map(({ weight }) => weight.data()));
    const by = (combine: (x: number, y: number, z: number) => number) =>
      Array.from(a, (x, at) => combine(x, b[at], c[at]));
    const near = async (found: Readonly<Record<string, tf.Tensor>>, wanted: number[]) => {
      expect(Object.keys(found)).toEqual(['weight', 'bias']);
      expect(found['weight'].shape).toEqual([3, 4]);
      expect(largest(await found['weight'].data(), wanted)).toBeLessThan(1e-6);
    };
    await near(
      sgdStep(first, second, 0.3),
      by((x, y) => x - 0.3 * y),
    );
    await near(
      sgdStep(first, second, 0.3, third),
      by((x, y, z) => x - 0.3 * (y + z)),
    );
    await near(
      moveStatistics(first, second),
      by((x, y) => 0.9 * x + 0.1 * y),
    );
    await near(
      moveStatistics(first, second, third),
      by((x, y, z) => 0.9 * (0.9 * x + 0.1 * y) + 0.1 * z),
    );
    expect(sgdStep({}, {}, 0.3)).toEqual({});
  });
});

/** −log softmax(row)[label] of each row in float64. */
function plainLosses(logits: readonly number[], labels: readonly number[], classes: number): number[] {
  return labels.map((label, row) => {
    const own = logits.slice(row * classes, (row + 1) * classes);
    const highest = Math.max(...own);
    const total = own.reduce((sum, value) => sum + Math.exp(value - highest), 0);
    return Math.log(total) - (own[label] - highest);
  });
}

describe.runIf(webgpu !== null)('cross-entropy on webgpu', () => {
  beforeAll(() => tf.setBackend('webgpu'));

  it.each([
    [1, 1],
    [1, 2],
    [3, 10],
    [70, 10],
    [5, 33],
  ])('of %d examples and %d classes: losses by their definition, gradients by differences', async (count, classes) => {
    // Logits of up to 90 overflow an exponential that is not shifted.
    const logits = Array.from(Float32Array.from(numbers(count * classes, count, classes === 10 ? 90 : 3)));
    const labels = Array.from({ length: count }, (_, row) => (row * 7) % classes);
    const weights = numbers(count, 4);
    const given = tf.tensor2d(logits, [count, classes]);
    const targets = tf.tensor1d(labels, 'int32');
    expect(largest(await crossEntropy(given, targets).data(), plainLosses(logits, labels, classes))).toBeLessThan(5e-5);

    const gradient = tf.grad((z) => tf.sum(tf.mul(crossEntropy(z as tf.Tensor2D, targets), tf.tensor1d(weights))))(
      given,
    );
    const h = 1e-5;
    const loss = (changed: readonly number[]) =>
      plainLosses(changed, labels, classes).reduce((sum, value, row) => sum + value * weights[row], 0);
    const slopes = logits.map(
      (value, at) => (loss(logits.with(at, value + h)) - loss(logits.with(at, value - h))) / (2 * h),
    );
    expect(largest(await gradient.data(), slopes)).toBeLessThan(1e-4);
  });

  it('is not a number where a logit is none, so that its lane stops', async () => {
    const losses = await crossEntropy(tf.tensor2d([0, NaN, 1, 2], [2, 2]), tf.tensor1d([0, 1], 'int32')).data();
    expect([Number.isNaN(losses[0]), Number.isFinite(losses[1])]).toEqual([true, true]);
  });
});
