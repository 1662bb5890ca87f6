import type { StoredRun } from '../../engine/storedRun.ts';
import type { MeanPoint } from '../../state/meanCurve.ts';
import type { TaskRange } from '../curves/curveMarks.ts';
import { curveRows, type CurveRow, type RunMetric } from '../curves/curveRows.ts';

/**
 * Mean curves of several rows of a table, joined by step, with their intervals as bands. An untrained generator's
 * −ELBO is left out: it would leave the rest of the curve flat.
 */
export function bandRows(curves: readonly (readonly MeanPoint[])[], metric: RunMetric): CurveRow[] {
  const unit = metric === 'negativeElbo' ? 1 : 100;
  const means = curves.map((points) =>
    points.map(({ step, set, averageAccuracy, averageForgetting, negativeElbo }) => ({
      step,
      set,
      averageAccuracy: averageAccuracy.mean,
      averageForgetting: averageForgetting?.mean ?? null,
      elbo: negativeElbo && { total: negativeElbo.mean },
    })),
  );
  const halves = curves.map((points) => new Map(points.map((point) => [point.step, point[metric]?.halfWidth95 ?? null])));
  const rows = curveRows(means, metric).filter(({ step }) => metric !== 'negativeElbo' || step > 0);
  return rows.map((row) => ({
    ...row,
    halfWidths: halves.map((ofRow, index) => {
      const half = ofRow.get(row.step) ?? null;
      return half === null || row.values[index] === null ? null : unit * half;
    }),
  }));
}

/** Where the tasks of runs end; empty if those that have an order of tasks do not agree. */
export function sharedTaskRanges(runs: readonly StoredRun[]): TaskRange[] {
  const ends = runs
    .map(({ curve }) => {
      const last = new Map<number, number>();
      for (const { task, step, set } of curve) if (set === 'complete' && step > 0) last.set(task, step);
      return [...last].sort(([one], [other]) => one - other);
    })
    // The i.i.d. bounds have a single complete evaluation, at their end.
    .filter((tasks) => tasks.length > 1);
  const [first] = ends;
  if (ends.length === 0 || ends.some((other) => JSON.stringify(other) !== JSON.stringify(first))) return [];
  return first.map(([number, end], index) => ({ number, start: index === 0 ? 0 : first[index - 1][1], end }));
}
