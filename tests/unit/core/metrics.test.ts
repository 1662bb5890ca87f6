import studentQuantile from '@stdlib/stats-base-dists-t-quantile';
import { describe, expect, it } from 'vitest';
import { averageAccuracy, averageForgetting, interval, mean } from '../../../src/core/metrics.ts';

const matrix = [[0.98], [0.9, 0.96], [0.94, 0.7, 0.95], [0.6, 0.8, 0.9, 0.99]];

describe('metrics of a written-out matrix', () => {
  it('averages the last row', () => {
    expect(averageAccuracy(matrix)).toBeCloseTo((0.6 + 0.8 + 0.9 + 0.99) / 4, 12);
  });

  it('takes forgetting from the best ever, over the tasks before the last', () => {
    expect(averageForgetting(matrix)).toBeCloseTo((0.98 - 0.6 + (0.96 - 0.8) + (0.95 - 0.9)) / 3, 12);
  });

  it('counts no forgetting below zero, where a task has got better since', () => {
    expect(averageForgetting([[0.5], [0.7, 0.9]])).toBe(0);
  });

  it('has no forgetting after one task, and no accuracy without any', () => {
    expect(averageForgetting([[0.9]])).toBeNull();
    expect(() => averageAccuracy([])).toThrow(/no row/);
  });
});

describe('interval', () => {
  it('agrees with Student’s t for five values', () => {
    // Standard deviation √2.5, t(0.975, 4) = 2.776445.
    const { n, mean: centre, halfWidth95 } = interval([1, 2, 3, 4, 5]);
    expect([n, centre]).toEqual([5, 3]);
    expect(halfWidth95).toBeCloseTo(2.776445 * Math.sqrt(2.5 / 5), 5);
  });

  it('has the quantiles of a statistics library for 2 to 500 values', () => {
    for (let n = 2; n <= 500; n++) {
      const ones = Math.floor(n / 2);
      const { halfWidth95 } = interval(Array.from({ length: n }, (_, index) => index % 2));
      const variance = (ones * (n - ones)) / n / (n - 1);
      const quantile = (halfWidth95 ?? 0) / Math.sqrt(variance / n);
      expect(Math.abs(quantile / studentQuantile(0.975, n - 1) - 1)).toBeLessThan(1e-12);
    }
  });

  it('is undefined in width for one value and an error for none', () => {
    expect(interval([0.4])).toEqual({ n: 1, mean: 0.4, halfWidth95: null });
    expect(() => interval([])).toThrow(/at least one value/);
    expect(mean([])).toBeNaN();
  });
});
