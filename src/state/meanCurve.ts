import Papa from 'papaparse';
import { type Interval, interval } from '../core/metrics.ts';
import type { CurvePoint, StoredRun } from '../core/storedRun.ts';
import type { SweepRow, TablePlan } from './sweepPlan.ts';

/** One evaluation of a row, over all of its runs. Fractions; −ELBO in nats per image. */
export interface MeanPoint {
  readonly step: number;
  readonly task: number;
  readonly set: CurvePoint['set'];
  readonly averageAccuracy: Interval;
  /** Null where nothing can have been forgotten yet. */
  readonly averageForgetting: Interval | null;
  /** At β = 1; null for methods without a VAE. */
  readonly negativeElbo: Interval | null;
}

/** A run's evaluations by step. If a step has two, the one on the complete test set counts, which is more exact. */
function byStep({ curve }: StoredRun): Map<number, CurvePoint> {
  const points = new Map<number, CurvePoint>();
  for (const point of curve) {
    if (points.get(point.step)?.set !== 'complete') points.set(point.step, point);
  }
  return points;
}

/**
 * The learning curve of a row: means over its runs at every step at which all of them were evaluated, on the
 * same kind of test set. Runs on different backends may share few such steps.
 *
 * @returns in order of steps; empty if there are no runs
 */
export function meanCurve(runs: readonly StoredRun[]): MeanPoint[] {
  const [first, ...others] = runs.map(byStep);
  if (runs.length === 0) return [];
  const shared = [...first.values()].flatMap((point): MeanPoint[] => {
    const all = [point, ...others.flatMap((other) => other.get(point.step) ?? [])];
    if (all.length < runs.length || all.some(({ set }) => set !== point.set)) return [];
    const ofAll = (value: (point: CurvePoint) => number | null): Interval | null => {
      const values = all.flatMap((each) => value(each) ?? []);
      return values.length < all.length ? null : interval(values);
    };
    return [
      {
        step: point.step,
        task: point.task,
        set: point.set,
        averageAccuracy: interval(all.map(({ averageAccuracy }) => averageAccuracy)),
        averageForgetting: ofAll(({ averageForgetting }) => averageForgetting),
        negativeElbo: ofAll(({ negativeElbo }) => negativeElbo),
      },
    ];
  });
  return shared.sort((one, other) => one.step - other.step);
}

/** A row of a table and its learning curve. */
interface RowCurve {
  readonly row: SweepRow;
  readonly points: readonly MeanPoint[];
}

/**
 * Learning curves as CSV (RFC 4180): one line per row and evaluation, with a header. Accuracies and forgetting are
 * means over n seeds, fractions in full precision, each with the half-width of its 95% interval. Where a row has a VAE,
 * its −ELBO at β = 1 stands at the end, in nats per image.
 *
 * @param table of which the rows are
 */
export function meanCurvesCsv(table: TablePlan['table'] | 'own', curves: readonly RowCurve[]): string {
  const estimate = (name: string, value: Interval | null) => ({
    [name]: value?.mean ?? null,
    [`${name}HalfWidth95`]: value?.halfWidth95 ?? null,
  });
  const measuresElbo = curves.some(({ points }) => points.some(({ negativeElbo }) => negativeElbo !== null));
  const data = curves.flatMap(({ row, points }) =>
    points.map(({ step, task, set, averageAccuracy, averageForgetting, negativeElbo }) => ({
      table,
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
