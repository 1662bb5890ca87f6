import { useMemo } from 'react';
import { list } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { type CurveMetric, type RunMetric, retrievalWord, laneWords } from '../parts/words.ts';
import type { EvaluationEvent, NegativeElbo, TaskReport } from '../../core/events.ts';
import type { RetrievalChange } from '../../state/labState.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { meanCurve, type MeanPoint } from '../../state/meanCurve.ts';
import { areOf, finishedByLane } from '../../state/runs/seedsStore.ts';
import { useLab, useRuns, useSeeds } from '../parts/contexts.ts';

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

/** A vertical line where retrieval was changed: "B → MIR". */
export interface ChangeMark {
  readonly step: number;
  readonly label: string;
}

/** One mark per step at which any lane's retrieval was changed. */
export function changeMarks(changes: readonly RetrievalChange[]): ChangeMark[] {
  const labels = new Map<number, string[]>();
  for (const { lane, step, retrieval } of changes) {
    const label = `${laneIdentity(lane).letter} → ${retrievalWord(retrieval)}`;
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

/** Multiples of five or ten from the first step of a look at a few to the last. */
export function zoomTicks(from: number, to: number): number[] {
  const stride = to - from > 60 ? Math.ceil((to - from) / 60) * 10 : to - from > 25 ? 10 : 5;
  const first = Math.ceil(from / stride);
  return Array.from({ length: Math.floor(to / stride) - first + 1 }, (_, index) => (first + index) * stride);
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

/** Curves that are drawn behind those of the present run: an earlier run, or means over several seeds. */
export interface Backdrop {
  /** What the legend says. */
  readonly name: string;
  readonly lanes: number;
  readonly rows: readonly CurveRow[];
}

/** The rows of a chart with those of its backdrops, joined by step. */
export function withBackdrops(rows: readonly CurveRow[], backdrops: readonly Backdrop[]): readonly CurveRow[] {
  if (backdrops.length === 0) return rows;
  const present = new Map(rows.map((row) => [row.step, row]));
  const behind = backdrops.map((backdrop) => new Map(backdrop.rows.map((row) => [row.step, row])));
  const steps = new Set([...present.keys(), ...behind.flatMap((known) => [...known.keys()])]);
  const lanes = rows.at(0)?.values.length ?? 0;
  return [...steps]
    .sort((one, other) => one - other)
    .map((step) => {
      const row = present.get(step) ?? {
        step,
        values: Array.from({ length: lanes }, () => null),
        complete: Array.from({ length: lanes }, () => false),
      };
      return {
        ...row,
        behind: backdrops.flatMap((backdrop, index) => {
          const its = behind[index].get(step);
          return Array.from({ length: backdrop.lanes }, (_, lane) => ({
            value: its?.values[lane] ?? null,
            half: its?.halfWidths?.[lane] ?? null,
          }));
        }),
      };
    });
}

/** The ends of the intervals behind. */
export function behindEnds({ behind = [] }: CurveRow): (number | null)[] {
  return behind.map(({ value, half }) => (value === null ? null : value + (half ?? 0)));
}

/** What is drawn behind the present run, up to its last step. */
export function useBackdrops(metric: RunMetric, totalSteps: number): readonly Backdrop[] {
  const overlay = useRuns((state) => state.overlay);
  const config = useSeeds((state) => state.config);
  const count = useSeeds((state) => state.count);
  const runs = useSeeds((state) => state.runs);
  const methods = useLab((state) => (state.shown?.config ?? state.config).lanes.join());
  const seedsShown = useLab((state) => areOf({ config }, state.config) && state.phase.kind !== 'imported');
  return useMemo(() => {
    const backdrops: Backdrop[] = [];
    if (overlay !== null) {
      const { lanes, config: its } = overlay.shown;
      const curves = lanes.map(({ evaluations }) => evaluations);
      const same = its.lanes.join() === methods;
      const name = same
        ? say('curves.paleSeed', { seed: its.seed })
        : say('curves.paleLanes', { lanes: lanes.map(laneWords).join(', '), seed: its.seed });
      backdrops.push({ name, lanes: lanes.length, rows: curveRows(curves, metric) });
    }
    const finished = seedsShown ? finishedByLane({ config, count, runs }) : [];
    const seeds = Math.min(...finished.map(({ length }) => length));
    if (finished.length > 0 && seeds >= 2) {
      const name = say('curves.meanOfSeeds', { seeds });
      backdrops.push({ name, lanes: finished.length, rows: bandRows(finished.map(meanCurve), metric) });
    }
    return backdrops.map((backdrop) => ({ ...backdrop, rows: backdrop.rows.filter(({ step }) => step <= totalSteps) }));
  }, [overlay, config, count, runs, methods, seedsShown, metric, totalSteps]);
}

/**
 * What to say where lanes' generators have the same −ELBO to the last digit at every evaluation, so that one line hides
 * another: null where no two have. They do in the first task,
 * in which nothing is replayed, and where MIR searches for the classifier only, so that the generators replay the same
 * images.
 *
 * @param rows of the chart of −ELBO
 */
export function equalGeneratorsWords(rows: readonly CurveRow[]): string | null {
  const values = (rows.at(0)?.values ?? []).map((_, lane) => rows.map((row) => row.values[lane]));
  const lanes = values.flatMap((own, lane) => {
    const alike = (other: readonly (number | null)[]) => other.every((value, row) => value === own[row]);
    return own.some((value) => value !== null) && values.filter(alike).length > 1 ? [laneIdentity(lane).letter] : [];
  });
  if (lanes.length < 2) return null;
  return say('curves.sameLine', { lanes: list(lanes) });
}
