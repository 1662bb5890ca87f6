import type { MemorySizeCurve } from '../../state/memorySizeCurves.ts';
import type { CurveMetric } from '../curves/curveRows.ts';

/** A point of one curve. */
export interface MemorySizeRow {
  /** Latents in all. */
  readonly capacity: number;
  /** Where it stands on the axis: beside the other curves' points of the same size, so that their intervals can be told apart. */
  readonly at: number;
  readonly lane: number;
  /** Percent. */
  readonly value: number;
  /** Of the 95% interval, in percent; null for a single seed. */
  readonly halfWidth: number | null;
}

/** Between neighbouring curves' points of one size, on a logarithmic axis. */
const gap = 1.15;

/** The points of all curves that have finished runs, from left to right. */
export function memorySizeRows(curves: readonly MemorySizeCurve[], metric: CurveMetric): MemorySizeRow[] {
  const rows = curves.flatMap(({ points }, lane) =>
    points.flatMap(({ capacity, line }): MemorySizeRow[] => {
      const estimate = metric === 'averageAccuracy' ? line.accuracy : line.forgetting;
      if (estimate === null) return [];
      const { mean, halfWidth95 } = estimate;
      const at = capacity * gap ** (lane - (curves.length - 1) / 2);
      return [{ capacity, at, lane, value: 100 * mean, halfWidth: halfWidth95 === null ? null : 100 * halfWidth95 }];
    }),
  );
  return rows.sort((one, other) => one.at - other.at);
}
