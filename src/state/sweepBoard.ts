import { type Mixture, mixtureText } from '../core/provenance.ts';
import Papa from 'papaparse';
import type { MethodName } from '../core/methods.ts';
import { type Measure, type MeasureKey, measureOf, measures, type Interval, wholeInterval } from '../core/metrics.ts';
import { type PairedDifference, pairedDifference, runKey, runOf } from '../core/paperTable.ts';
import type { StoredRun } from '../core/storedRun.ts';
import { differenceText, intervalText, latexTable, markdownTable, type TableFormat } from '../core/tableFormats.ts';
import { spreadsheetCsv } from '../core/csv.ts';
import { type OwnPlan, type OwnRow, ownRows, seedsOf } from './sweepPlan.ts';

/** What is said of one measure of one row. */
export interface BoardEstimate {
  /** Null before the first run has finished, and where not every run has the measure. */
  readonly value: Interval | null;
  /** To the reference, over the seeds that both have finished; null for the reference itself. */
  readonly difference: PairedDifference | null;
}

/** A row of the leaderboard. */
export interface BoardLine {
  readonly row: OwnRow;
  readonly seeds: readonly number[];
  readonly runs: readonly StoredRun[];
  readonly estimates: ReadonlyMap<MeasureKey, BoardEstimate>;
}

const noEstimate: BoardEstimate = { value: null, difference: null };

/** What is said of a measure of a row. */
export function estimateOf({ estimates }: BoardLine, key: MeasureKey): BoardEstimate {
  return estimates.get(key) ?? noEstimate;
}

/**
 * The row that another is compared with: the reference with the same value of the varied setting, or its only row where
 * it does not heed that setting; null for rows of the reference itself, and where there is no such row.
 */
function referenceRow(rows: readonly OwnRow[], row: OwnRow, reference: MethodName | null): OwnRow | null {
  if (row.method === reference) return null;
  const own = rows.filter(({ method }) => method === reference);
  return own.find(({ value }) => value === row.value || value === null) ?? null;
}

/**
 * The rows of an own comparison with what their finished runs say, in the order of the plan.
 *
 * @param find a finished run by its key, or nothing
 */
export function boardLines(plan: OwnPlan, find: (key: string) => StoredRun | undefined): BoardLine[] {
  const rows = ownRows(plan);
  const seeds = seedsOf(plan.seeds);
  const runsOf = new Map(rows.map((row) => [row, seeds.flatMap((seed) => find(runKey(runOf(row, seed))) ?? [])]));
  const bySeed = (row: OwnRow | null, key: MeasureKey) =>
    new Map(
      (row === null ? [] : (runsOf.get(row) ?? [])).flatMap((run) => {
        const value = measureOf(run, key);
        return value === null ? [] : [[run.config.seed, value] as const];
      }),
    );
  return rows.map((row) => {
    const runs = runsOf.get(row) ?? [];
    const against = referenceRow(rows, row, plan.view.reference);
    const estimates = measures.map(
      ({ key }) =>
        [
          key,
          {
            value: wholeInterval(runs.map((run) => measureOf(run, key))),
            difference: pairedDifference(bySeed(row, key), bySeed(against, key)),
          },
        ] as const,
    );
    return { row, runs, seeds: runs.map(({ config }) => config.seed), estimates: new Map(estimates) };
  });
}

/** The measures that any row has; accuracy and forgetting always. */
export function shownMeasures(lines: readonly BoardLine[]): Measure[] {
  return measures.filter(
    ({ key }) =>
      key === 'averageAccuracy' ||
      key === 'averageForgetting' ||
      lines.some((line) => estimateOf(line, key).value !== null),
  );
}

/** The lines in the order that the plan's view asks for. What has no value comes last, in either direction. */
export function sortedLines(lines: readonly BoardLine[], { sort, descending }: OwnPlan['view']): BoardLine[] {
  const valueOf = (line: BoardLine): number | string | null => {
    if (sort === 'method') return line.row.label;
    return sort === 'n' ? line.seeds.length : (estimateOf(line, sort).value?.mean ?? null);
  };
  const compared = (one: BoardLine, other: BoardLine): number => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const up = typeof a === 'string' || typeof b === 'string' ? String(a).localeCompare(String(b), 'en') : a - b;
    return descending ? -up : up;
  };
  return [...lines].sort(compared);
}

/** The view after a press on the head of a column: the best first, and the other way round when it is pressed again. */
export function sortedBy(view: OwnPlan['view'], column: OwnPlan['view']['sort']): OwnPlan['view'] {
  if (view.sort === column) return { ...view, descending: !view.descending };
  const better = measures.find(({ key }) => key === column)?.better;
  return { ...view, sort: column, descending: column === 'n' || better === 'higher' };
}

const unitOf = ({ unit }: Measure) => (unit === 'nats' ? 'nats' : 'percent');

/** A name for the column of a measure's difference. */
const differenceTitle = ({ short, unit }: Measure, reference: string) =>
  `${short} − ${reference}, ${unit === 'nats' ? 'nats' : 'points'}`;

/** A row of the leaderboard as JSON has it. */
interface BoardRecord {
  readonly method: string;
  readonly label: string;
  readonly config: OwnRow['config'];
  readonly n: number;
  readonly seeds: readonly number[];
  readonly reference: string | null;
  readonly measures: Readonly<Record<string, BoardEstimate>>;
}

function recordOf(line: BoardLine, shown: readonly Measure[], reference: MethodName | null): BoardRecord {
  const { row, seeds } = line;
  return {
    method: row.method,
    label: row.label,
    config: row.config,
    n: seeds.length,
    seeds,
    reference: row.method === reference ? null : reference,
    measures: Object.fromEntries(shown.map(({ key }) => [key, estimateOf(line, key)])),
  };
}

function boardCsv(
  lines: readonly BoardLine[],
  shown: readonly Measure[],
  reference: MethodName | null,
  mixed: string,
): string {
  const pair = (name: string, value: Interval | null) => [
    [name, value?.mean ?? ''],
    [`${name}HalfWidth95`, value?.halfWidth95 ?? ''],
  ];
  const rows = lines.map((line) => {
    const { method, config } = line.row;
    return Object.fromEntries([
      ['scenario', config.scenario],
      ['method', method],
      ['memoryPerClass', config.memoryPerClass],
      ['learningRate', config.learningRate],
      ['n', line.seeds.length],
      ['seeds', line.seeds.join(' ')],
      ...shown.flatMap(({ key }) => pair(key, estimateOf(line, key).value)),
      ['reference', method === reference ? '' : (reference ?? '')],
      ...shown.flatMap(({ key }) => pair(`${key}Difference`, estimateOf(line, key).difference)),
      ...(mixed === '' ? [] : [['mixed', mixed]]),
    ]) as Record<string, string | number>;
  });
  return `${Papa.unparse(rows)}\r\n`;
}

/**
 * The leaderboard as text, in the order in which its lines are given. CSV and JSON have fractions in full precision,
 * Markdown and LaTeX percent and points. Each says what the runs mix.
 */
export function formatBoard(
  lines: readonly BoardLine[],
  reference: { readonly method: MethodName; readonly label: string } | null,
  format: TableFormat,
  mixtures: readonly Mixture[] = [],
): string {
  const mixed = mixtureText(mixtures);
  const shown = shownMeasures(lines);
  const varied = lines.some(({ row }) => row.value !== null);
  const titles = [
    'Method',
    ...(varied ? ['Setting'] : []),
    'n',
    ...shown.map(({ short, unit }) => `${short}, ${unit}`),
    ...(reference === null ? [] : shown.map((measure) => differenceTitle(measure, reference.label))),
  ];
  const cells = lines.map((line) => [
    line.row.label,
    ...(varied ? [line.row.group] : []),
    String(line.seeds.length),
    ...shown.map((measure) => intervalText(estimateOf(line, measure.key).value, unitOf(measure))),
    ...(reference === null
      ? []
      : shown.map((measure) => differenceText(estimateOf(line, measure.key).difference, unitOf(measure)))),
  ]);
  const method = reference?.method ?? null;
  switch (format) {
    case 'csv':
      return boardCsv(lines, shown, method, mixed);
    case 'spreadsheet':
      return spreadsheetCsv(boardCsv(lines, shown, method, mixed));
    case 'json':
      return `${JSON.stringify(
        lines.map((line) => ({ ...recordOf(line, shown, method), ...(mixed !== '' && { mixed: mixtures }) })),
        null,
        2,
      )}\n`;
    case 'markdown':
      return markdownTable(titles, cells, varied ? 2 : 1) + (mixed === '' ? '' : `\n${mixed}\n`);
    case 'latex':
      return (mixed === '' ? '' : `% ${mixed}\n`) + latexTable(titles, cells, varied ? 2 : 1);
    default:
      return format satisfies never;
  }
}
