import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, standardNormal } from '../../../../src/core/random.ts';
import { ascend, searchLatents } from '../../../../src/engine/latent/ascent.ts';
import { tidy } from '../../../../src/engine/models/parameters.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const dimensions = 4;
const normal = (count: number) =>
  tf.tensor2d(standardNormal(count * dimensions, randomStream(1, 'latent')), [count, dimensions]);

describe.each(testBackends)('the search in latent space on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('moves by the gradient of the mean over the latents', () => {
    tidy(() => {
      const start = tf.tensor2d([
        [1, 2],
        [3, -4],
      ]);
      // Value ½ |z|²: its gradient is z, so that of the mean of two is z / 2.
      const points = ascend(start, (z) => tf.mul(0.5, tf.sum(tf.square(z), 1)), 2, 1);
      expect(points.map((point) => Array.from(point.dataSync()))).toEqual([
        [1, 2, 3, -4],
        [1.5, 3, 4.5, -6],
        [2.25, 4.5, 6.75, -9],
      ]);
    });
  });

  it('goes by rounds of ten that see what earlier rounds found', () => {
    tidy(() => {
      const starts = normal(25);
      const seen: (number[][] | null)[] = [];
      const { latents, path, replaced } = searchLatents(
        starts,
        (earlier) => {
          seen.push(earlier && earlier.arraySync());
          return (z) => tf.sum(z, 1);
        },
        3,
      );
      // The gradient of the mean is 1/10 in a round of ten, 1/5 in one of five.
      const moved = tf
        .sub<tf.Tensor2D>(latents, starts)
        .arraySync()
        .map((row) => row[0]);
      moved.forEach((by, row) => expect(by).toBeCloseTo(row < 20 ? 0.3 : 0.6, 5));
      expect(seen.map((earlier) => earlier?.length ?? null)).toEqual([null, 10, 20]);
      expect(seen[2]).toEqual(latents.arraySync().slice(0, 20));
      expect(path.shape).toEqual([4, dimensions]);
      expect(path.arraySync()[0]).toEqual(starts.arraySync()[0]);
      expect(path.arraySync()[3]).toEqual(latents.arraySync()[0]);
      expect(replaced.dataSync()[0]).toBe(0);
    });
  });

  it('replaces latents that are not finite, each by its own start, and counts them', () => {
    tidy(() => {
      const starts = normal(20);
      const explode = [3, 14, 17];
      // The objective's gradient is 1/10, and infinite or not a number for three of the latents.
      const slopes = Array.from({ length: 20 }, (_, row) =>
        row === 3 ? Infinity : row === 14 ? NaN : row === 17 ? -Infinity : 1,
      );
      let round = 0;
      const { latents, replaced } = searchLatents(
        starts,
        () => {
          const slope = tf.tensor1d(slopes.slice(10 * round, 10 * round + 10));
          round += 1;
          return (z) => tf.mul(tf.sum(z, 1), slope);
        },
        2,
      );
      expect(replaced.dataSync()[0]).toBe(3);
      const [from, to] = [starts.arraySync(), latents.arraySync()];
      from.forEach((start, row) =>
        start.forEach((value, dimension) => {
          expect(to[row][dimension]).toBeCloseTo(value + (explode.includes(row) ? 0 : 0.2), 5);
        }),
      );
    });
  });

  it('stays at its start where there is nothing to climb', () => {
    tidy(() => {
      const starts = normal(10);
      expect(searchLatents(starts, () => null, 2).latents.arraySync()).toEqual(starts.arraySync());
    });
  });
});
