import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curveRows } from '../../../../src/ui/curves/curveRows.ts';
import { evaluation } from '../evaluation.ts';

describe('curveRows', () => {
  it('joins lanes by step, in percent', () => {
    const rows = curveRows(
      [
        [evaluation({ step: 0, averageAccuracy: 0.1 }), evaluation({ step: 10, averageAccuracy: 0.5 })],
        [evaluation({ step: 10, averageAccuracy: 0.75 })],
      ],
      'averageAccuracy',
    );
    expect(rows).toEqual([
      { step: 0, values: [10, null], complete: [false, false] },
      { step: 10, values: [50, 75], complete: [false, false] },
    ]);
  });

  it('prefers the complete test set where a step has both, in either order', () => {
    const subset = evaluation({ step: 100, averageAccuracy: 0.9 });
    const complete = evaluation({ step: 100, averageAccuracy: 0.8, set: 'complete' });
    const expected = [{ step: 100, values: [80], complete: [true] }];
    expect(curveRows([[subset, complete]], 'averageAccuracy')).toEqual(expected);
    expect(curveRows([[complete, subset]], 'averageAccuracy')).toEqual(expected);
  });

  it('leaves out steps at which nothing can have been forgotten yet', () => {
    const rows = curveRows(
      [[evaluation({ step: 5 }), evaluation({ step: 110, averageForgetting: 0.25 })]],
      'averageForgetting',
    );
    expect(rows).toEqual([{ step: 110, values: [25], complete: [false] }]);
  });

  it('thins long runs and keeps every complete evaluation and the last row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 2, max: 97 }), (count, every) => {
        const all = Array.from({ length: count }, (_, step) =>
          evaluation({ step, averageAccuracy: 0.5, set: step % every === 0 ? 'complete' : 'subset' }),
        );
        const rows = curveRows([all], 'averageAccuracy');
        const steps = rows.map((row) => row.step);
        const completeSteps = all.filter((one) => one.set === 'complete').map((one) => one.step);
        expect(steps).toEqual([...steps].sort((one, other) => one - other));
        expect(steps.at(-1)).toBe(count - 1);
        expect(rows.filter((row) => row.complete[0]).map((row) => row.step)).toEqual(completeSteps);
        expect(rows.length).toBeLessThanOrEqual(241 + completeSteps.length);
      }),
    );
  });
});

it('of −ELBO are nats as they are, and none where a lane has no VAE', () => {
  const elbo = { total: 104.5, reconstruction: 80, kl: 24.5 };
  expect(curveRows([[evaluation({ step: 5, elbo })], [evaluation({ step: 5 })]], 'negativeElbo')).toEqual([
    { step: 5, values: [104.5, null], complete: [false, false] },
  ]);
});
