import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { nearestOnHost } from '../../../../../src/engine/benchmark/naive/ae.ts';
import { nearestLatents } from '../../../../../src/engine/retrieval/hybridMir.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('chooses as the engine does, in the same order', async () => {
  const shapes = fc.record({
    points: fc.integer({ min: 1, max: 5 }),
    candidates: fc.integer({ min: 1, max: 12 }),
    count: fc.integer({ min: 1, max: 14 }),
  });
  await fc.assert(
    fc.asyncProperty(shapes, fc.integer(), async ({ points, candidates, count }, seed) => {
      const { distances, picks } = tf.tidy(() => {
        const [p, c] = [
          tf.randomNormal<tf.Rank.R2>([points, 3], 0, 1, 'float32', seed),
          tf.randomNormal<tf.Rank.R2>([candidates, 3], 0, 1, 'float32', seed + 1),
        ];
        return {
          distances: p.expandDims(1).sub(c.expandDims(0)).square().sum<tf.Tensor2D>(2),
          picks: nearestLatents(p, c, count),
        };
      });
      expect(Array.from(nearestOnHost(await distances.array(), count))).toEqual(Array.from(await picks.data()));
      tf.dispose([distances, picks]);
    }),
    { numRuns: 30 },
  );
});
