import Papa from 'papaparse';
import type { EvaluationEvent } from './events.ts';

/**
 * The curves as CSV (RFC 4180): one row per evaluation, lane by lane, with a header. Accuracies and
 * forgetting are fractions in full precision; what there is none of is empty. Where a lane has a VAE, its −ELBO at
 * β = 1 and the two parts, and the −ELBO of each task, stand at the end, in nats per image.
 *
 * @param evaluations of all lanes, in the order the rows shall have
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
    ...elboColumns,
  ];
  const rows = evaluations.map((evaluation) => [
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
    ...(measuresElbo ? elboValues(evaluation, taskCount) : []),
  ]);
  return Papa.unparse([header, ...rows], { newline: '\r\n' });
}

function elboValues({ elbo, elboByTask }: EvaluationEvent, taskCount: number): (number | null)[] {
  const byTask = Array.from({ length: taskCount }, (_, index) => elboByTask?.[index]?.total ?? null);
  return [elbo?.total ?? null, elbo?.reconstruction ?? null, elbo?.kl ?? null, ...byTask];
}

/** The name of a lane: A for the first (index 0), then B, C, D. */
export function laneLetter(lane: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + lane);
}
