import { describe, expect, it } from 'vitest';
import { runKey, runOf } from '../../../../src/core/paperTable.ts';
import { boardLines } from '../../../../src/state/sweepBoard.ts';
import { defaultOwnPlan } from '../../../../src/state/sweepAddress.ts';
import { type OwnPlan, ownRows } from '../../../../src/state/sweepPlan.ts';
import { legendRows } from '../../../../src/ui/curves/chartPicture.tsx';
import { boardSeries, percentAxis, scatterPoints } from '../../../../src/ui/experiments/BoardCharts.tsx';
import { laneIdentity } from '../../../../src/ui/parts/laneIdentity.tsx';
import { finishedRun } from '../../state/finishedRun.ts';

const plan: OwnPlan = {
  ...defaultOwnPlan('split-mnist'),
  methods: ['er', 'fine-tune', 'iid-online'],
  varied: { setting: 'memoryPerClass', values: [10, 50] },
};
/** Two seeds of every row but the first, which has one; the bound has no forgetting. */
const runs = ownRows(plan).flatMap((row, index) =>
  [0, 1].slice(index === 0 ? 1 : 0).map((seed) =>
    finishedRun(runOf(row, seed), {
      averageAccuracy: 0.5 + 0.1 * seed,
      averageForgetting: row.method === 'iid-online' ? null : 0.2 - 0.1 * seed,
    }),
  ),
);
const found = new Map(runs.map((run) => [runKey(run.config), run]));
const lines = boardLines(plan, (key) => found.get(key));

describe('the charts of an own comparison', () => {
  it('have a point in percent for each row with accuracy and forgetting, with both intervals', () => {
    const points = scatterPoints(plan, lines);
    expect(points.map(({ name, label, lane }) => [name, label, lane])).toEqual([
      ['ER, M = 10', '10', 0],
      ['ER, M = 50', '50', 0],
      ['Fine-tune', 'B', 1],
    ]);
    expect([points[0].accuracy, points[0].accuracyHalf, points[0].forgettingHalf]).toEqual([60, null, null]);
    expect(points[1].accuracy).toBeCloseTo(55, 9);
    expect(points[1].forgetting).toBeCloseTo(15, 9);
    // t(0.975, 1) = 12.7062, and the standard deviation of the mean is 5 points.
    expect(points[1].accuracyHalf).toBeCloseTo(63.531, 3);
  });

  it('have a curve for each method over the setting, level where it does not heed it', () => {
    const means = boardSeries(plan, lines, 'averageAccuracy').map(({ lane, points }) => [
      lane,
      ...points.map(({ setting, estimate }) => [setting, Math.round(100 * (estimate?.mean ?? NaN))]),
    ]);
    expect(means).toEqual([
      [0, [10, 60], [50, 55]],
      [1, [10, 55], [50, 55]],
      [2, [10, 55], [50, 55]],
    ]);
  });

  it('have axes with round values around means and intervals, within what a share can be', () => {
    expect(percentAxis([{ value: 82, half: 3 }])).toEqual([75, 80, 85]);
    const wide = percentAxis([{ value: 30, half: 80 }]);
    expect([wide[0], wide.at(-1)]).toEqual([0, 100]);
  });

  it('tell 64 methods apart by colour and marker, and eight by either', () => {
    const looks = Array.from({ length: 64 }, (_, lane) => laneIdentity(lane));
    expect(new Set(looks.map(({ color, marker }) => `${color} ${marker}`)).size).toBe(64);
    expect(new Set(looks.slice(0, 8).map(({ color }) => color)).size).toBe(8);
    expect(new Set(looks.slice(0, 8).map(({ marker }) => marker)).size).toBe(8);
  });

  it('break the legend of a picture into rows, with each name once', () => {
    expect(legendRows(['A · ER, n = 3', 'B · ER-MIR, n = 3'])).toEqual([[0, 1]]);
    const rows = legendRows(
      Array.from({ length: 19 }, (_, lane) => `${laneIdentity(lane).letter} · DER++-MIR, n = 10`),
    );
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.flat()).toEqual([...Array(19).keys()]);
  });
});
