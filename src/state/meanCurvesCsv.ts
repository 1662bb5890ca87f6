import Papa from 'papaparse';
import type { Interval } from '../engine/metrics.ts';
import type { PaperRow } from '../engine/paperRow.ts';
import type { MeanPoint } from './meanCurve.ts';

/** A row of a table and its learning curve. */
export interface RowCurve {
  readonly row: PaperRow;
  readonly points: readonly MeanPoint[];
}

/**
 * Learning curves as CSV (RFC 4180): one line per row and evaluation, with a header. Accuracies and forgetting are
 * means over n seeds, fractions in full precision, each with the half-width of its 95% interval.
 */
export function meanCurvesCsv(curves: readonly RowCurve[]): string {
  const estimate = (name: string, value: Interval | null) => ({
    [name]: value?.mean ?? null,
    [`${name}HalfWidth95`]: value?.halfWidth95 ?? null,
  });
  const data = curves.flatMap(({ row, points }) =>
    points.map(({ step, task, set, averageAccuracy, averageForgetting }) => ({
      table: row.table,
      group: row.group,
      method: row.config.method,
      memoryPerClass: row.config.memoryPerClass,
      step,
      task,
      testSet: set,
      n: averageAccuracy.n,
      ...estimate('averageAccuracy', averageAccuracy),
      ...estimate('averageForgetting', averageForgetting),
    })),
  );
  return `${Papa.unparse(data, { newline: '\r\n' })}\r\n`;
}
