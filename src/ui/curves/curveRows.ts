import type { CurveMetric, RunMetric } from '../parts/words.ts';
import type { EvaluationEvent, NegativeElbo, TaskReport } from '../../core/events.ts';
import type { RetrievalChange } from '../../state/labState.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { retrievalWords } from '../parts/words.ts';

/** A vertical line where retrieval was changed: "B → MIR". */
export interface ChangeMark {
  readonly step: number;
  readonly label: string;
}

/** One mark per step at which any lane's retrieval was changed. */
export function changeMarks(changes: readonly RetrievalChange[]): ChangeMark[] {
  const labels = new Map<number, string[]>();
  for (const { lane, step, retrieval } of changes) {
    const label = `${laneIdentity(lane).letter} → ${retrievalWords[retrieval]}`;
    labels.set(step, [...(labels.get(step) ?? []), label]);
  }
  return [...labels].map(([step, texts]) => ({ step, label: texts.join(', ') }));
}

/** The steps that a task takes: from the end of the one before to its own last step. */
export interface TaskRange {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

export function taskRanges(tasks: readonly TaskReport[]): TaskRange[] {
  let end = 0;
  return tasks.map((task) => {
    const start = end;
    end += task.steps;
    return { number: task.number, start, end };
  });
}

/**
 * Where a percent axis ends so that `largest` is well on it: forgetting is often small, and should
 * still be seen from the last row.
 */
export function percentTop(largest: number): number {
  return [20, 40, 60, 80].find((end) => largest <= 0.95 * end) ?? 100;
}

/** Five values of a percent axis, both ends included. */
export function percentTicks(top: number): number[] {
  return [0, 1, 2, 3, 4].map((quarter) => (quarter * top) / 4);
}

/** Whether a chart's values are percentages or nats. */
export type AxisUnit = 'percent' | 'nats';

/** Round values of an axis that holds all of `values`, at most six, both ends included. */
export function natTicks(values: readonly number[]): number[] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 50, 100, 150, 200];
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const rough = Math.max(most - least, 20) / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const stride = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((size) => size >= rough) ?? rough;
  const first = Math.floor(least / stride);
  const last = Math.max(first + 1, Math.ceil(most / stride));
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * stride);
}

/** About five round numbers from 0 to `largest`, both ends included. */
export function stepTicks(largest: number): number[] {
  if (largest <= 0) return [0];
  const rough = largest / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const stride = Math.max(1, [1, 2, 5, 10].map((factor) => factor * magnitude).find((size) => size >= rough) ?? rough);
  const ticks: number[] = [];
  for (let tick = 0; tick < largest - stride / 3; tick += stride) ticks.push(tick);
  return [...ticks, largest];
}

/** All lanes' values at one step. */
export interface CurveRow {
  readonly step: number;
  /** Percent or nats, by lane; null where a lane has no value at this step. */
  readonly values: readonly (number | null)[];
  /** By lane: whether the value was counted on the complete test set. */
  readonly complete: readonly boolean[];
  /** Of means over seeds, by lane: the half-width of the 95% interval; null where there is none. */
  readonly halfWidths?: readonly (number | null)[];
  /** What is drawn behind, lane by lane of each backdrop: values, and half-widths of their intervals. */
  readonly behind?: readonly { readonly value: number | null; readonly half: number | null }[];
}

/** What of an evaluation a curve is made of. */
type CurveEvaluation = Pick<EvaluationEvent, 'step' | 'set' | CurveMetric> & {
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
