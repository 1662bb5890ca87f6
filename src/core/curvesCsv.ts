import Papa from 'papaparse';
import type { EvaluationEvent } from './events.ts';
import { methods } from './methods.ts';
import { metricNames, type RunMetrics, runMetrics, MetricsTally, noMetrics } from './metrics.ts';

/**
 * The curves as CSV (RFC 4180), with a header: one row per evaluation, step by step, and at each step the lanes in
 * order. Several seeds follow one another. Accuracies and forgetting are fractions in full precision; a value that does
 * not exist is empty. Where a lane has a VAE, the last columns are its −ELBO at β = 1, the two parts, and the −ELBO of
 * each task, in nats per image.
 *
 * The measures of a row (see `measures.ts`) are those of the run up to there: over every evaluation, and in the rows
 * where a task ends also those at the ends of tasks. So a lane's last row has the measures of the run.
 *
 * @param evaluations of all lanes; for one lane and seed in the order of steps
 * @param taskCount tasks of the scenario: as many accuracy columns
 */
export function curvesCsv(evaluations: readonly EvaluationEvent[], taskCount: number): string {
  const accuracyColumns = Array.from({ length: taskCount }, (_, index) => `accuracyTask${index + 1}`);
  const measuresElbo = evaluations.some(({ elbo }) => elbo !== null);
  const elboColumns = measuresElbo
    ? ['negativeElbo', 'reconstruction', 'kl', ...accuracyColumns.map((_, index) => `negativeElboTask${index + 1}`)]
    : [];
  const header = [
    ...['lane', 'method', 'retrieval', 'seed', 'step', 'task', 'averageAccuracy', 'averageForgetting'],
    ...accuracyColumns,
    ...['testSet', 'testImages'],
    ...metricNames,
    ...elboColumns,
  ];
  const seeds = [...new Set(evaluations.map(({ seed }) => seed))];
  const inOrder = evaluations.toSorted(
    (one, other) =>
      seeds.indexOf(one.seed) - seeds.indexOf(other.seed) || one.step - other.step || one.lane - other.lane,
  );
  const metricsAt = metricsSoFar();
  const rows = inOrder.map((evaluation) => [
    laneLetter(evaluation.lane),
    evaluation.method,
    evaluation.retrieval,
    evaluation.seed,
    evaluation.step,
    evaluation.task,
    evaluation.averageAccuracy,
    evaluation.averageForgetting,
    ...accuracyColumns.map((_, index) => evaluation.accuracyByTask[index] ?? null),
    evaluation.set,
    evaluation.testImages,
    ...metricValues(metricsAt(evaluation)),
    ...(measuresElbo ? elboValues(evaluation, taskCount) : []),
  ]);
  return Papa.unparse([header, ...rows], { newline: '\r\n' });
}

/** Gives the measures at one evaluation after the other. */
function metricsSoFar(): (evaluation: EvaluationEvent) => RunMetrics {
  const tallies = new Map<string, MetricsTally>();
  return (evaluation) => {
    const run = `${evaluation.seed} ${evaluation.lane}`;
    const tally = tallies.get(run) ?? new MetricsTally();
    tallies.set(run, tally);
    tally.add(evaluation);
    if (methods[evaluation.method].stream.kind === 'iid') return noMetrics;
    return { ...noMetrics, ...(evaluation.taskEnd && runMetrics(tally.matrix())), ...tally.between() };
  };
}

function metricValues(metrics: RunMetrics): (number | null)[] {
  return metricNames.map((name) => metrics[name]);
}

function elboValues({ elbo, elboByTask }: EvaluationEvent, taskCount: number): (number | null)[] {
  const byTask = Array.from({ length: taskCount }, (_, index) => elboByTask?.[index]?.total ?? null);
  return [elbo?.total ?? null, elbo?.reconstruction ?? null, elbo?.kl ?? null, ...byTask];
}

/** The name of a lane: A for the first (index 0), then B, C, D. */
export function laneLetter(lane: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + lane);
}
