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

/** The two kinds of CSV that are written: for programs (RFC 4180), and for spreadsheets where a comma is in a number. */
export const csvFormats = ['plain', 'spreadsheet'] as const;
export type CsvFormat = (typeof csvFormats)[number];

/** Tells a spreadsheet that the text is in UTF-8. */
const byteOrderMark = '\uFEFF';

const number = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const commaNumber = /^[+-]?\d+(,\d+)?(e[+-]?\d+)?$/i;
/** Text that a spreadsheet would take for a formula. */
const formula = /^[=+\-@\t\r]/;

/**
 * CSV for a spreadsheet of a country that writes 0,5: a byte-order mark, semicolons between cells, decimal commas, and
 * an apostrophe before text that would be taken for a formula.
 *
 * @param csv as everything else here writes it: commas, decimal points, a header
 */
export function spreadsheetCsv(csv: string): string {
  const { data } = Papa.parse<string[]>(csv, { delimiter: ',', skipEmptyLines: true });
  const cells = data.map((row) =>
    row.map((cell) => {
      if (number.test(cell)) return cell.replace('.', ',');
      return formula.test(cell) ? `'${cell}` : cell;
    }),
  );
  return `${byteOrderMark}${Papa.unparse(cells, { delimiter: ';', newline: '\r\n' })}\r\n`;
}

/** CSV of either kind as that for programs. */
export function plainCsv(csv: string): string {
  if (!csv.startsWith(byteOrderMark)) return csv;
  const { data } = Papa.parse<string[]>(csv.slice(1), { delimiter: ';', skipEmptyLines: true });
  const cells = data.map((row) => row.map((cell) => (commaNumber.test(cell) ? cell.replace(',', '.') : cell)));
  return Papa.unparse(cells, { newline: '\r\n' });
}

/** CSV for programs in the kind that is wanted. */
export function csvIn(format: CsvFormat, csv: string): string {
  return format === 'plain' ? csv : spreadsheetCsv(csv);
}
