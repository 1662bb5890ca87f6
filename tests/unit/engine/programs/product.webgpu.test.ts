import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { type Activations, columnLayers, type Layer, product } from '../../../../src/engine/programs/columnLayers.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import { sharings } from './sharings.ts';

const webgpu = await startTestWebgpu();

const numbers = (count: number, seed: number) => symmetricUniform(count, 1, randomStream(seed, 'data'));
const matrix = (rows: number, columns: number, seed: number) =>
  tf.tensor2d(numbers(rows * columns, seed), [rows, columns]);
const largest = (found: ArrayLike<number>, wanted: readonly number[]) =>
  found.length === wanted.length
    ? Math.max(...wanted.map((value, index) => Math.abs(found[index] - value)))
    : Number.NaN;

/** Numbers at `row` and `column`, row by row. */
const table = (rows: number, columns: number, at: (row: number, column: number) => number) =>
  Array.from({ length: rows * columns }, (_, index) => at(Math.floor(index / columns), index % columns));
const sum = (count: number, at: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => at(index)).reduce((total, value) => total + value, 0);

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 37 }),
  columns: fc.integer({ min: 1, max: 37 }),
  depth: fc.integer({ min: 1, max: 40 }),
});

describe.runIf(webgpu !== null)('products on webgpu', () => {
  let before = 0;
  beforeAll(() => {
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(sharings)('are the sums of products, as cut for %s', async (_, sharing) => {
    await fc.assert(
      fc.asyncProperty(sizes, async ({ rows, columns, depth }) => {
        const [a, b] = [matrix(depth, rows, 1), matrix(columns, depth, 2)];
        const [result, positions] = product(
          {
            name: 'test',
            rows,
            columns,
            depth,
            outputs: { result: [rows, columns], positions: [rows, columns] },
            inputs: { a, b },
            left: `return a[k * ${rows}u + row];`,
            right: `return 2.0 * b[column * ${depth}u + k];`,
            finish: `result[row * ${columns}u + column] = sum; positions[row * ${columns}u + column] = f32(row * 100u + column);`,
          },
          sharing,
        );
        const [left, right] = [numbers(rows * depth, 1), numbers(columns * depth, 2)];
        const expected = table(rows, columns, (row, column) =>
          sum(depth, (k) => 2 * left[k * rows + row] * right[column * depth + k]),
        );
        expect(largest(await result.data(), expected)).toBeLessThan(1e-5 * depth);
        expect(Array.from(await positions.data())).toEqual(table(rows, columns, (row, column) => 100 * row + column));
        tf.dispose([a, b, result, positions]);
      }),
      { numRuns: 8, seed: 3, examples: [[{ rows: 16, columns: 32, depth: 16 }], [{ rows: 1, columns: 1, depth: 1 }]] },
    );
  });

  it.each(sharings)('make the layers of a network and their gradients, as cut for %s', async (_, sharing) => {
    const [width, outs, count] = [6, [5, 19] as const, 7];
    const layers = columnLayers(sharing);
    const layer = (out: number, seed: number): Layer => ({
      weight: matrix(out, width, seed),
      bias: tf.tensor1d(numbers(out, seed + 1)),
    });
    const [one, other] = [layer(outs[0], 1), layer(outs[1], 3)];
    const [x, mask, d] = [matrix(width, count, 5), matrix(outs[0], count, 6), matrix(outs[0] + outs[1], count, 7)];
    const [weights, biases] = [
      [...numbers(outs[0] * width, 1), ...numbers(outs[1] * width, 3)],
      [...numbers(outs[0], 2), ...numbers(outs[1], 4)],
    ];
    const [xs, masks, ds] = [numbers(width * count, 5), numbers(outs[0] * count, 6), numbers(24 * count, 7)];
    const affine = (row: number, image: number) =>
      biases[row] + sum(width, (k) => weights[row * width + k] * xs[k * count + image]);

    const made = layers.affine([one, other], x);
    expect(made.shape).toEqual([24, count]);
    expect(largest(await made.data(), table(24, count, affine))).toBeLessThan(1e-5);
    for (const dropped of [mask, undefined]) {
      const units = layers.hidden(one, x, dropped);
      const at = (row: number, image: number) =>
        Math.max(0, affine(row, image)) * (dropped === undefined ? 1 : masks[row * count + image]);
      expect(largest(await units.data(), table(outs[0], count, at))).toBeLessThan(1e-5);
      units.dispose();
    }

    const positive = tf.relu(x);
    const inner = matrix(width, count, 8);
    for (const dropped of [inner, undefined]) {
      const back = layers.backThroughHidden([one, other], d, positive, dropped);
      const expected = table(width, count, (unit, image) =>
        xs[unit * count + image] > 0
          ? sum(24, (row) => weights[row * width + unit] * ds[row * count + image]) *
            (dropped === undefined ? 1 : numbers(width * count, 8)[unit * count + image])
          : 0,
      );
      expect(largest(await back.data(), expected)).toBeLessThan(1e-5);
      back.dispose();
    }

    const rows = tf.transpose(x);
    for (const activations of [{ columns: x }, { rows }] satisfies Activations[]) {
      const gradients = layers.gradient(outs, d, activations);
      expect(gradients.map(({ weight, bias }) => [weight.shape, bias.shape])).toEqual([
        [[5, width], [5]],
        [[19, width], [19]],
      ]);
      const found = await Promise.all(gradients.flatMap(({ weight, bias }) => [weight.data(), bias.data()]));
      const dWeight = table(24, width, (row, k) =>
        sum(count, (image) => ds[row * count + image] * xs[k * count + image]),
      );
      const dBias = table(24, 1, (row) => sum(count, (image) => ds[row * count + image]));
      expect(largest([...found[0], ...found[2]], dWeight)).toBeLessThan(1e-5);
      expect(largest([...found[1], ...found[3]], dBias)).toBeLessThan(1e-5);
      const [alone] = layers.gradient([24], d, activations);
      expect(largest(await alone.weight.data(), dWeight)).toBeLessThan(1e-5);
      tf.dispose([gradients.map((gradient) => ({ ...gradient })), { ...alone }]);
    }
    tf.dispose([{ ...one }, { ...other }, x, mask, d, made, positive, inner, rows]);
  });
});
