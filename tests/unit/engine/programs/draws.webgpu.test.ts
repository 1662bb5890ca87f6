import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { columnLayers } from '../../../../src/engine/programs/columnLayers.ts';
import {
  type DrawnMask,
  type DrawnNormals,
  heldNormals,
  hostDrawn,
  type Mask,
} from '../../../../src/engine/programs/draws.ts';
import { pcg4d, plainMask, plainNormals } from '../counterDraws.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

const keys = [
  [0, 0, 0],
  [5_000_000, 16_777_215, 77],
] as const;
const normals = (key: readonly number[], number: number, shape: readonly [number, number]): DrawnNormals => ({
  kind: 'normals',
  key: tf.tensor1d([...key]),
  number,
  shape,
});
const mask = (key: readonly number[], number: number, shape: readonly [number, number], rate: number): DrawnMask => ({
  ...normals(key, number, shape),
  kind: 'mask',
  rate,
});

/** The mask itself: units that are 1 without dropout. */
function held(drawn: Mask, [rows, columns]: readonly [number, number]): tf.Tensor {
  const layer = { weight: tf.zeros([rows, 1]), bias: tf.ones([rows]) };
  return columnLayers().hidden(layer, tf.zeros([1, columns]), drawn);
}

const largest = (found: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(found.length).toBe(wanted.length);
  return Math.max(...Array.from(wanted, (value, index) => Math.abs(found[index] - value)));
};
const mean = (values: ArrayLike<number>, of: (value: number, index: number) => number = (value) => value) =>
  Array.from(values).reduce((sum, value, index) => sum + of(value, index), 0) / values.length;

it('the generator mixes as its authors wrote it down', () => {
  // Each bit of the input flips each bit of the output in about half of the cases.
  const flips = Array.from({ length: 128 }, (_, bit) => {
    const differences = Array.from({ length: 64 }, (__, at): number => {
      const seed: [number, number, number, number] = [at, 7, 1000 + at, 3];
      const changed: [number, number, number, number] = [...seed];
      changed[bit >> 5] = (changed[bit >> 5] ^ (1 << (bit & 31))) >>> 0;
      const [one, other] = [pcg4d(seed), pcg4d(changed)];
      return one.reduce((sum, word, index) => {
        const bits = (word ^ other[index]) >>> 0;
        return sum + bits.toString(2).replaceAll('0', '').length;
      }, 0);
    });
    return mean(differences);
  });
  // The lowest bits of the last words are mixed least; on the whole it is half of 128.
  expect(mean(flips)).toBeGreaterThan(55);
  expect(mean(flips)).toBeLessThan(66);
});

describe.runIf(webgpu !== null)('numbers that the device draws', () => {
  beforeAll(() => tf.setBackend('webgpu'));

  it('are those of the same generator on the host', async () => {
    for (const key of keys) {
      const shapes: Record<string, readonly [number, number]> = { one: [1, 1], some: [7, 13], none: [0, 5] };
      const shared = tf.tensor1d([...key]);
      const drawn = Object.fromEntries(
        Object.entries(shapes).map(([name, shape], number) => [name, { ...normals(key, number, shape), key: shared }]),
      );
      const given = tf.tensor2d([[1, 2]]);
      const made = heldNormals({ ...drawn, given, nothing: null });
      expect(made.given).toBe(given);
      expect(made.nothing).toBeNull();
      for (const [number, [name, shape]] of Object.entries(shapes).entries()) {
        const tensor = (made as Readonly<Record<string, tf.Tensor>>)[name];
        expect(tensor.shape).toEqual(shape);
        if (tensor.size > 0)
          expect(largest(await tensor.data(), plainNormals({ key, number }, tensor.size))).toBeLessThan(1e-3);
      }
      for (const rate of [0.2, 0.5]) {
        const found = await held(mask(key, 200, [40, 6], rate), [40, 6]).data();
        expect(largest(found, plainMask({ key, number: 200 }, 240, rate))).toBeLessThan(1e-6);
      }
    }
  });

  it('are distributed as they should be, and do not depend on one another', async () => {
    const count = 60_000;
    const key = tf.tensor1d([123_456, 654_321, 3]);
    const draw = (number: number): DrawnNormals => ({ kind: 'normals', key, number, shape: [count, 1] });
    const { one, other } = heldNormals({ one: draw(0), other: draw(1) });
    const { next } = heldNormals({ next: normals([123_456, 654_321, 4], 0, [count, 1]) });
    const [a, b, c] = (await Promise.all([one, other, next].map((tensor) => tensor.data()))) as Float32Array[];
    // Five standard errors of each.
    const near = (found: number, wanted: number, deviation: number) =>
      expect(Math.abs(found - wanted)).toBeLessThan((5 * deviation) / Math.sqrt(count));
    near(mean(a), 0, 1);
    near(
      mean(a, (x) => x ** 2),
      1,
      Math.sqrt(2),
    );
    near(
      mean(a, (x) => x ** 3),
      0,
      Math.sqrt(15),
    );
    near(
      mean(a, (x) => x ** 4),
      3,
      Math.sqrt(96),
    );
    // The distribution function, at a few points (Kolmogorov's distance would need 1.95/√n at one in a thousand).
    for (const [point, share] of [
      [-2, 0.02275],
      [-1, 0.15866],
      [0, 0.5],
      [1, 0.84134],
      [2, 0.97725],
    ] as const)
      near(
        mean(a, (x) => Number(x < point)),
        share,
        Math.sqrt(share * (1 - share)),
      );
    near(
      mean(a, (x, at) => x * b[at]),
      0,
      1,
    );
    near(
      mean(a, (x, at) => x * c[at]),
      0,
      1,
    );
    near(
      mean(a.subarray(1), (x, at) => x * a[at]),
      0,
      1,
    );

    const rate = 0.3;
    const kept = await held(mask([9, 8, 7], 5, [300, 200], rate), [300, 200]).data();
    near(mean(kept, Number), 1, Math.sqrt(rate / (1 - rate)));
    near(
      mean(kept, (value) => Number(value === 0)),
      rate,
      Math.sqrt(rate * (1 - rate)),
    );
  });

  it('are refused where they would have to come from the host, or from two keys at once', () => {
    expect(() => hostDrawn(normals(keys[0], 0, [1, 1]))).toThrow('Only the webgpu backend draws');
    expect(() => heldNormals({ one: normals(keys[0], 0, [1, 1]), other: normals(keys[1], 0, [1, 1]) })).toThrow(
      'from one key',
    );
  });
});
