import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { herding } from '../../../../src/engine/methods/icarl.ts';

/** At each place, try every sample that is left: Algorithm 4, written as a search. */
function directSearch(features: readonly (readonly number[])[], count: number): number[] {
  const mean = (rows: readonly (readonly number[])[]) =>
    rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const target = mean(features);
  const picked: number[] = [];
  while (picked.length < Math.min(count, features.length)) {
    const distances = features.map((row, index) => {
      if (picked.includes(index)) return Infinity;
      return mean([...picked.map((p) => features[p]), row]).reduce(
        (sum, value, i) => sum + (value - target[i]) ** 2,
        0,
      );
    });
    picked.push(distances.indexOf(Math.min(...distances)));
  }
  return picked;
}

const unit = (row: readonly number[]) => {
  const length = Math.hypot(...row) || 1;
  return row.map((value) => value / length);
};

describe('herding', () => {
  it('picks by hand: first the sample nearest the mean, then what balances it', () => {
    // The mean of the four is (0.5, 0.5); nearest to it is the diagonal, then each axis balances the other.
    const features = [
      [1, 0],
      [0, 1],
      [0.5, 0.5],
      [0.5, 0.5],
    ];
    expect(herding(features, 4)).toEqual([2, 3, 0, 1]);
  });

  it('equals a direct search on small cases, without repeats', () => {
    const row = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.uniqueArray(row, { minLength: 1, maxLength: 9, selector: (values) => unit(values).join() }),
        fc.integer({ min: 1, max: 12 }),
        (rows, count) => {
          const features = rows.map(unit);
          const picked = herding(features, count);
          expect(new Set(picked).size).toBe(picked.length);
          expect(picked).toHaveLength(Math.min(count, rows.length));
          // Ties may fall either way; the distances reached must be the search's.
          const reached = (order: readonly number[]) =>
            order.map((_, n) =>
              Math.hypot(
                ...features[0].map(
                  (__, i) =>
                    order.slice(0, n + 1).reduce((sum, p) => sum + features[p][i], 0) / (n + 1) -
                    features.reduce((sum, f) => sum + f[i], 0) / features.length,
                ),
              ),
            );
          const [ours, searched] = [reached(picked), reached(directSearch(features, count))];
          expect(ours[0]).toBeCloseTo(searched[0], 9);
          expect(picked.length).toBe(searched.length);
        },
      ),
    );
  });

  it('equals a direct search where there are no ties', () => {
    const features = Array.from({ length: 12 }, (_, index) =>
      unit([Math.sin(index * 1.7), Math.cos(index * 2.3), Math.sin(index + 0.3)]),
    );
    expect(herding(features, 8)).toEqual(directSearch(features, 8));
  });

  it('picks nothing from nothing', () => {
    expect(herding([], 3)).toEqual([]);
  });
});
