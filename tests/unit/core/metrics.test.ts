import { describe, expect, it } from 'vitest';
import {
  measureInterval,
  measureOf,
  measures,
  averageAccuracy,
  averageForgetting,
  type Evaluated,
  interval,
  mean,
  metricNames,
  noMetrics,
  runMetrics,
} from '../../../src/core/metrics.ts';
import studentQuantiles from '../../fixtures/studentQuantiles.json' with { type: 'json' };

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

describe('further measures, by hand', () => {
  const three = [[0.9], [0.5, 0.8], [0.95, 0.3, 0.7]];
  const point = (step: number, task: number, accuracyByTask: readonly number[]): Evaluated => ({
    step,
    task,
    averageAccuracy: mean(accuracyByTask),
    accuracyByTask: [0, 1, 2].map((index) => accuracyByTask[index] ?? null),
  });
  const curve = [
    point(0, 1, [0.1]),
    point(10, 1, [0.7]),
    point(20, 1, [0.9]),
    point(30, 2, [0.4, 0.6]),
    point(40, 2, [0.5, 0.8]),
    point(50, 3, [0.6, 0.2, 0.4]),
    point(60, 3, [0.95, 0.3, 0.7]),
  ];

  it('takes five from the matrix, and leaves those between empty without a curve', () => {
    expect(averageForgetting(three)).toBeCloseTo(0.25, 12);
    const metrics = runMetrics(three);
    // (0.9 + 0.65 + 0.65) / 3; lowest 0.5 and 0.3; 0.7 / 3 + 2 / 3 · 0.4; 0.05 and −0.5; (0.9 + 0.8 + 0.7) / 3.
    expect(metrics.averageAnytimeAccuracy).toBeCloseTo(2.2 / 3, 12);
    expect(metrics.minimumAccuracy).toBeCloseTo(0.4, 12);
    expect(metrics.worstCaseAccuracy).toBeCloseTo(0.5, 12);
    expect(metrics.backwardTransfer).toBeCloseTo(-0.225, 12);
    expect(metrics.plasticity).toBeCloseTo(0.8, 12);
    for (const name of metricNames.filter((other) => other.endsWith('Between'))) expect(metrics[name]).toBeNull();
    expect(runMetrics(three, [curve[2], curve[4], curve[6]])).toEqual(metrics);
  });

  it('takes three from every evaluation after the first step', () => {
    const metrics = runMetrics(three, curve);
    // (0.7 + 0.9 + 0.5 + 0.65 + 0.4 + 0.65) / 6; lowest 0.4 and 0.2; 0.7 / 3 + 2 / 3 · 0.3.
    expect(metrics.averageAnytimeAccuracyBetween).toBeCloseTo(3.8 / 6, 12);
    expect(metrics.minimumAccuracyBetween).toBeCloseTo(0.3, 12);
    expect(metrics.worstCaseAccuracyBetween).toBeCloseTo(1.3 / 3, 12);
    expect(metrics).toMatchObject({ minimumAccuracy: 0.4, plasticity: runMetrics(three).plasticity });
  });

  it('lets evaluations in quick succession count for the steps between them, and finds their dip', () => {
    const metrics = runMetrics(three, curve.toSpliced(3, 0, point(21, 2, [0.2, 0.1])));
    // 10 · 0.7 + 10 · 0.9 + 1 · 0.15 + 9 · 0.5 + 10 · 0.65 + 10 · 0.4 + 10 · 0.65, over 60.
    expect(metrics.averageAnytimeAccuracyBetween).toBeCloseTo(37.65 / 60, 12);
    expect(metrics.minimumAccuracyBetween).toBeCloseTo(0.2, 12);
  });

  it('has of a curve of means alone no more than they tell', () => {
    const means = curve.map((evaluated) => ({ ...evaluated, accuracyByTask: null }));
    const metrics = runMetrics(three, means);
    expect(metrics.averageAnytimeAccuracyBetween).toBeCloseTo(3.8 / 6, 12);
    expect(metrics).toMatchObject({ minimumAccuracyBetween: null, worstCaseAccuracyBetween: null });
  });

  it('has after one task what one task tells, and nothing where tasks have no order', () => {
    expect(runMetrics([[0.9]])).toEqual({
      ...noMetrics,
      averageAnytimeAccuracy: 0.9,
      worstCaseAccuracy: 0.9,
      plasticity: 0.9,
    });
    expect(runMetrics([])).toEqual(noMetrics);
    expect(runMetrics([[0.9, 0.8, 0.7]], curve)).toEqual(noMetrics);
  });

  it('stand in one list with all that a run is judged by, over seeds only where every run has them', () => {
    const run = (metrics = runMetrics(three)) => ({
      averageAccuracy: 0.65,
      averageForgetting: 0.25,
      negativeElbo: null,
      metrics,
    });
    expect(measures.map(({ key }) => key).toSorted()).toEqual(
      ['averageAccuracy', 'averageForgetting', 'negativeElbo', ...metricNames].toSorted(),
    );
    expect(measures.map(({ key }) => measureOf(run(), key))).toContain(0.25);
    const half = runMetrics([[0.9], [0.5, 0.8], [0.95, 0.3, 0.4]]);
    expect(measureInterval([run(), run(half)], 'plasticity')).toMatchObject({
      n: 2,
      mean: expect.closeTo(0.75, 12) as number,
    });
    expect(measureInterval([run(), run(noMetrics)], 'plasticity')).toBeNull();
    expect(measureInterval([], 'averageAccuracy')).toBeNull();
  });
});

describe('interval', () => {
  it('agrees with Student’s t for five values', () => {
    // Standard deviation √2.5, t(0.975, 4) = 2.776445.
    const { n, mean: centre, halfWidth95 } = interval([1, 2, 3, 4, 5]);
    expect([n, centre]).toEqual([5, 3]);
    expect(halfWidth95).toBeCloseTo(2.776445 * Math.sqrt(2.5 / 5), 5);
  });

  // scipy.stats.t.ppf(0.975, n - 1) for n = 2 … 500, SciPy 1.17.1.
  it('has the quantiles of a statistics library for 2 to 500 values', () => {
    expect(studentQuantiles).toHaveLength(499);
    for (const [index, wanted] of studentQuantiles.entries()) {
      const n = index + 2;
      const ones = Math.floor(n / 2);
      const { halfWidth95 } = interval(Array.from({ length: n }, (_, index) => index % 2));
      const variance = (ones * (n - ones)) / n / (n - 1);
      const quantile = (halfWidth95 ?? 0) / Math.sqrt(variance / n);
      expect(Math.abs(quantile / wanted - 1)).toBeLessThan(1e-12);
    }
  });

  it('is undefined in width for one value and an error for none', () => {
    expect(interval([0.4])).toEqual({ n: 1, mean: 0.4, halfWidth95: null });
    expect(() => interval([])).toThrow(/at least one value/);
    expect(mean([])).toBeNaN();
  });
});
