import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { nearestLatents } from '../../../../src/engine/retrieval/hybridMir.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const size = 4;
const rowsOf = (values: Float32Array) =>
  Array.from({ length: values.length / size }, (_, row) => values.subarray(row * size, (row + 1) * size));
const distance = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, index) => sum + (value - b[index]) ** 2, 0);

/** Point after point takes its share of the nearest that are left; by rank, then by point. */
function directSearch(points: Float32Array[], candidates: Float32Array[], count: number): number[] {
  const left = new Set(candidates.keys());
  const wanted = Math.min(count, candidates.length);
  const shares = points.map(
    (_, point) => Math.floor(wanted / points.length) + (point < wanted % points.length ? 1 : 0),
  );
  const chosen = points.map((point, index) => {
    const nearest = [...left]
      .sort((a, b) => distance(point, candidates[a]) - distance(point, candidates[b]))
      .slice(0, shares[index]);
    for (const position of nearest) left.delete(position);
    return nearest;
  });
  return Array.from({ length: Math.max(...shares) }, (_, rank) =>
    chosen.flatMap((own) => own.slice(rank, rank + 1)),
  ).flat();
}

describe.each(testBackends)('nearestLatents on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it('takes what a direct search takes: as many for every point, none twice', async () => {
    const sizes = fc.record({
      points: fc.integer({ min: 1, max: 10 }),
      candidates: fc.integer({ min: 1, max: 60 }),
      count: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ points, candidates, count, seed }) => {
        const values = symmetricUniform((points + candidates) * size, 1, randomStream(seed, 'data'));
        // Far points, as long ascents find them, as well as near ones.
        const pointValues = values
          .slice(0, points * size)
          .map((value, index) => value * (index % (2 * size) < size ? 1 : 30));
        const candidateValues = values.slice(points * size);
        const picks = tf.tidy(() =>
          nearestLatents(
            tf.tensor2d(pointValues, [points, size]),
            tf.tensor2d(candidateValues, [candidates, size]),
            count,
          ),
        );
        expect(picks.dtype).toBe('int32');
        const actual = Array.from(await picks.data());
        picks.dispose();
        expect(actual).toHaveLength(Math.min(count, candidates));
        expect(new Set(actual).size).toBe(actual.length);
        expect(actual).toEqual(directSearch(rowsOf(pointValues), rowsOf(candidateValues), count));
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it('gives every point its own nearest first, of 500 the 100 of ten points', async () => {
    const random = randomStream(4, 'data');
    const [points, candidates] = [symmetricUniform(10 * size, 1, random), symmetricUniform(500 * size, 1, random)];
    const before = tf.memory().numTensors;
    const picks = tf.tidy(() =>
      nearestLatents(tf.tensor2d(points, [10, size]), tf.tensor2d(candidates, [500, size]), 100),
    );
    const actual = Array.from(await picks.data());
    expect(actual).toEqual(directSearch(rowsOf(points), rowsOf(candidates), 100));
    picks.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
