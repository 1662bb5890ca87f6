import { expect, it } from 'vitest';
import { runKey, runOf, tableLines } from '../../../../src/core/paperTable.ts';
import { memorySizeCurves } from '../../../../src/state/memorySize.ts';
import { rowsOf } from '../../../../src/state/sweepPlan.ts';
import { memorySizeRows } from '../../../../src/ui/experiments/MemorySizeCurves.tsx';
import { finishedRun } from '../../state/finishedRun.ts';

/** AE-ER and AE-MIR with 1,000 latents, AE-MIR with 10,000, one seed each but for the last. */
const [smallEr, smallMir, , , , largeMir] = rowsOf('figure-4');
const runs = [
  finishedRun(runOf(smallEr, 0), { averageAccuracy: 0.2, averageForgetting: 0.5 }),
  finishedRun(runOf(smallMir, 0), { averageAccuracy: 0.25, averageForgetting: null }),
  finishedRun(runOf(largeMir, 0), { averageAccuracy: 0.3, averageForgetting: 0.2 }),
  finishedRun(runOf(largeMir, 1), { averageAccuracy: 0.5, averageForgetting: 0.4 }),
];
const found = new Map(runs.map((run) => [runKey(run.config), run]));
const curves = memorySizeCurves(tableLines(rowsOf('figure-4'), [0, 1], (key) => found.get(key)));

it('stands from left to right, in percent, methods side by side at their memory size, with intervals where there are two seeds', () => {
  const rows = memorySizeRows(curves, 'averageAccuracy');
  expect(rows.map(({ capacity, lane }) => [capacity, lane])).toEqual([
    [1_000, 0],
    [1_000, 1],
    [10_000, 1],
  ]);
  expect(rows.map(({ value }) => value)).toEqual([20, 25, expect.closeTo(40, 9)]);
  // t(0.975, 1) = 12.7062 and the standard deviation of the mean is 10 points.
  expect(rows.map(({ halfWidth }) => halfWidth)).toEqual([null, null, expect.closeTo(127.062, 2)]);
  expect(rows[0].at).toBeLessThan(1_000);
  expect(rows[1].at).toBeGreaterThan(1_000);
  // In the middle of both on the logarithmic axis stands the memory size itself.
  expect(rows[0].at * rows[1].at).toBeCloseTo(1_000 ** 2, 3);
  expect(rows[2].at / rows[1].at).toBeCloseTo(10, 9);
});

it('leaves out what has no forgetting', () => {
  expect(
    memorySizeRows(curves, 'averageForgetting').map(({ capacity, lane, value }) => [capacity, lane, value]),
  ).toEqual([
    [1_000, 0, 50],
    [10_000, 1, expect.closeTo(30, 9)],
  ]);
});
