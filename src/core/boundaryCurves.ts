import Papa from 'papaparse';
import { laneLetter } from './csv.ts';
import type { EvaluationEvent, TaskReport } from './events.ts';
import { mean } from './metrics.ts';

/** Steps before a boundary that a look at it shows. */
const stepsBefore = 10;
/** Steps after a boundary that are evaluated one by one unless somebody says otherwise. */
export const usualBoundaryEvaluations = 20;

/** One evaluation near a boundary: how much is still known of the tasks before it. */
export interface BoundaryPoint {
  /** Steps since the boundary; below 0 before it. */
  readonly after: number;
  /** Mean accuracy over the tasks before the boundary. */
  readonly pastAccuracy: number;
  readonly evaluation: EvaluationEvent;
}

/** The last step of each task but the last. */
export function boundarySteps(tasks: readonly Pick<TaskReport, 'steps'>[]): number[] {
  let end = 0;
  return tasks.slice(0, -1).map(({ steps }) => (end += steps));
}

/** Accuracies on the subset where they are known, so that neighbours on a curve are of the same images. */
function comparable({ accuracyByTask, accuracyByTaskOnSubset }: EvaluationEvent): readonly (number | null)[] {
  return accuracyByTaskOnSubset ?? accuracyByTask;
}

/**
 * The evaluations of a lane around the end of a task, in order of steps.
 *
 * @param boundary number of the task that ends
 * @param stepsAfter steps after it that are looked at, at most to the end of the next task
 */
export function boundaryCurve(
  evaluations: readonly EvaluationEvent[],
  tasks: readonly Pick<TaskReport, 'steps'>[],
  boundary: number,
  stepsAfter: number,
): BoundaryPoint[] {
  const end = tasks.slice(0, boundary).reduce((sum, { steps }) => sum + steps, 0);
  const start = end - (tasks[boundary - 1]?.steps ?? 0);
  const from = Math.max(start + 1, end - stepsBefore);
  const to = Math.min(end + (tasks[boundary]?.steps ?? 0), end + stepsAfter);
  return evaluations.flatMap((evaluation) => {
    if (evaluation.step < from || evaluation.step > to) return [];
    const past = comparable(evaluation).slice(0, boundary);
    const known = past.filter((accuracy) => accuracy !== null);
    return known.length < boundary ? [] : [{ after: evaluation.step - end, pastAccuracy: mean(known), evaluation }];
  });
}

/** The fall after a boundary and what came back. */
interface StabilityGap {
  /** At the boundary. */
  readonly before: number;
  readonly lowest: number;
  /** Steps after the boundary at which it was lowest. */
  readonly lowestAfter: number;
  /** At the last evaluation that is looked at. */
  readonly last: number;
  readonly lastAfter: number;
}

/** What a curve around a boundary tells in numbers; null while nothing was evaluated at it or after it. */
export function stabilityGap(points: readonly BoundaryPoint[]): StabilityGap | null {
  const at = points.find(({ after }) => after === 0);
  const later = points.filter(({ after }) => after > 0);
  if (at === undefined || later.length === 0) return null;
  const lowest = later.reduce((low, point) => (point.pastAccuracy < low.pastAccuracy ? point : low));
  const last = later[later.length - 1];
  return {
    before: at.pastAccuracy,
    lowest: lowest.pastAccuracy,
    lowestAfter: lowest.after,
    last: last.pastAccuracy,
    lastAfter: last.after,
  };
}

/**
 * What lies around all boundaries, as CSV (RFC 4180) with a header: one row per boundary, evaluation and lane. Fractions
 * in full precision; tasks not seen yet are empty.
 *
 * @param lanes evaluations of each lane, in order of steps
 */
export function boundariesCsv(
  lanes: readonly (readonly EvaluationEvent[])[],
  tasks: readonly Pick<TaskReport, 'steps'>[],
  stepsAfter: number,
): string {
  const header = [
    ...['boundary', 'lane', 'method', 'retrieval', 'seed', 'step', 'stepsAfterBoundary', 'pastAccuracy', 'testSet'],
    ...tasks.map((_, index) => `accuracyTask${index + 1}`),
  ];
  const rows = boundarySteps(tasks).flatMap((_, index) =>
    lanes.flatMap((evaluations, lane) =>
      boundaryCurve(evaluations, tasks, index + 1, stepsAfter).map(({ after, pastAccuracy, evaluation }) => [
        index + 1,
        laneLetter(lane),
        evaluation.method,
        evaluation.retrieval,
        evaluation.seed,
        evaluation.step,
        after,
        pastAccuracy,
        evaluation.accuracyByTaskOnSubset === undefined ? evaluation.set : 'subset',
        ...tasks.map((__, task) => comparable(evaluation)[task] ?? null),
      ]),
    ),
  );
  return Papa.unparse([header, ...rows], { newline: '\r\n' });
}
