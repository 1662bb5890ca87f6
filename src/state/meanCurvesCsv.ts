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
 * means over n seeds, fractions in full precision, each with the half-width of its 95% interval. Where a row has a VAE,
 * its −ELBO at β = 1 stands at the end, in nats per image.
 */
export function meanCurvesCsv(curves: readonly RowCurve[]): string {
  const estimate = (name: string, value: Interval | null) => ({
    [name]: value?.mean ?? null,
    [`${name}HalfWidth95`]: value?.halfWidth95 ?? null,
  });
  const measuresElbo = curves.some(({ points }) => points.some(({ negativeElbo }) => negativeElbo !== null));
  const data = curves.flatMap(({ row, points }) =>
    points.map(({ step, task, set, averageAccuracy, averageForgetting, negativeElbo }) => ({
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
      ...(measuresElbo ? estimate('negativeElbo', negativeElbo) : {}),
    })),
  );
  return `${Papa.unparse(data, { newline: '\r\n' })}\r\n`;
}
