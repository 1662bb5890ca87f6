import type { EvaluationEvent, NegativeElbo } from '../../engine/events.ts';

/** What a chart draws of each evaluation: fractions, in percent. */
export type CurveMetric = 'averageAccuracy' | 'averageForgetting';

/** What a chart over the steps of runs can draw: −ELBO too, in nats. */
export type RunMetric = CurveMetric | 'negativeElbo';

/** All lanes' values at one step. */
export interface CurveRow {
  readonly step: number;
  /** Percent or nats, by lane; null where a lane has no value at this step. */
  readonly values: readonly (number | null)[];
  /** By lane: whether the value was counted on the complete test set. */
  readonly complete: readonly boolean[];
  /** Of means over seeds, by lane: the half-width of the 95% interval; null where there is none. */
  readonly halfWidths?: readonly (number | null)[];
}

/** What of an evaluation a curve is made of. */
export type CurveEvaluation = Pick<EvaluationEvent, 'step' | 'set' | CurveMetric> & {
  readonly elbo?: Pick<NegativeElbo, 'total'> | null;
};

/** The value of a metric as a chart draws it; null where the evaluation has none. */
function drawnValue(evaluation: CurveEvaluation, metric: RunMetric): number | null {
  if (metric === 'negativeElbo') return evaluation.elbo?.total ?? null;
  const value = evaluation[metric];
  return value === null ? null : 100 * value;
}

/** More points than this cannot be told apart on a chart, and cost time to draw. */
const mostRows = 240;

/**
 * Evaluations of all lanes, joined by step.
 *
 * Where a step has both a subset and a complete evaluation, the complete one counts: it is the exacter.
 * Long runs are thinned evenly; complete evaluations and the last row always stay.
 *
 * @param evaluations by lane, each in order of steps
 */
export function curveRows(evaluations: readonly (readonly CurveEvaluation[])[], metric: RunMetric): CurveRow[] {
  const rows = new Map<number, { step: number; values: (number | null)[]; complete: boolean[] }>();
  evaluations.forEach((ofLane, lane) => {
    for (const evaluation of ofLane) {
      const value = drawnValue(evaluation, metric);
      if (value === null) continue;
      let row = rows.get(evaluation.step);
      if (row === undefined) {
        row = { step: evaluation.step, values: evaluations.map(() => null), complete: evaluations.map(() => false) };
        rows.set(evaluation.step, row);
      }
      if (row.complete[lane] && evaluation.set === 'subset') continue;
      row.values[lane] = value;
      row.complete[lane] = evaluation.set === 'complete';
    }
  });
  const ordered = [...rows.values()].sort((one, other) => one.step - other.step);
  const stride = Math.ceil(ordered.length / mostRows);
  if (stride <= 1) return ordered;
  return ordered.filter(
    (row, index) => index % stride === 0 || index === ordered.length - 1 || row.complete.includes(true),
  );
}
