import { expect, it } from 'vitest';
import type { Interval } from '../../../../src/core/metrics.ts';
import { settingRows, settingsOf } from '../../../../src/ui/experiments/SettingChart.tsx';

const one = (mean: number): Interval => ({ n: 1, mean, halfWidth95: null });

/** Two methods over two sizes of memory; one has not finished the small one. */
const series = [
  {
    lane: 0,
    points: [
      { setting: 1_000, estimate: one(0.2) },
      { setting: 10_000, estimate: null },
    ],
  },
  {
    lane: 3,
    points: [
      { setting: 1_000, estimate: one(0.25) },
      { setting: 10_000, estimate: { n: 2, mean: 0.4, halfWidth95: 0.1 } },
    ],
  },
];

it('stands from left to right, methods side by side at their value, with intervals where there are two seeds', () => {
  const rows = settingRows(series, 'percent');
  expect(rows.map(({ setting, lane, value, halfWidth }) => [setting, lane, value, halfWidth])).toEqual([
    [1_000, 0, 20, null],
    [1_000, 3, 25, null],
    [10_000, 3, 40, 10],
  ]);
  expect(rows[0].at).toBeLessThan(1_000);
  expect(rows[1].at).toBeGreaterThan(1_000);
  // In the middle of both on the logarithmic axis stands the value itself.
  expect(rows[0].at * rows[1].at).toBeCloseTo(1_000 ** 2, 3);
  expect(rows[2].at / rows[1].at).toBeCloseTo(10, 9);
  expect(settingRows(series, 'nats').at(-1)).toMatchObject({ value: 0.4, halfWidth: 0.1 });
});

it('keeps the points of many methods at one value apart from those at the next', () => {
  const many = Array.from({ length: 19 }, (_, lane) => ({
    lane,
    points: [0.1, 0.2].map((setting) => ({ setting, estimate: one(0.5) })),
  }));
  const rows = settingRows(many, 'percent');
  expect(settingsOf(many)).toEqual([0.1, 0.2]);
  expect(rows.map(({ setting }) => setting)).toEqual(many.map(() => 0.1).concat(many.map(() => 0.2)));
  expect(new Set(rows.map(({ at }) => at)).size).toBe(38);
});
