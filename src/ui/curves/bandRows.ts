import type { MeanPoint } from '../../state/meanCurve.ts';
import type { RunMetric } from '../parts/words.ts';
import { type CurveRow, curveRows } from './curveRows.ts';

/**
 * Mean curves of several rows or lanes, joined by step, with their intervals as bands. An untrained generator's
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
  const halves = curves.map(
    (points) => new Map(points.map((point) => [point.step, point[metric]?.halfWidth95 ?? null])),
  );
  const rows = curveRows(means, metric).filter(({ step }) => metric !== 'negativeElbo' || step > 0);
  return rows.map((row) => ({
    ...row,
    halfWidths: halves.map((ofRow, index) => {
      const half = ofRow.get(row.step) ?? null;
      return half === null || row.values[index] === null ? null : unit * half;
    }),
  }));
}
