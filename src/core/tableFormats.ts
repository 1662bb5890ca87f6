import Papa from 'papaparse';
import { measures, type Interval, metricNames } from './metrics.ts';
import type { PaperFigure, PairedDifference, TableLine } from './paperTable.ts';
import { type Mixture, mixtureText } from './provenance.ts';
import { spreadsheetCsv } from './csv.ts';

/** The formats in which a table is exported. */
export const tableFormats = ['csv', 'spreadsheet', 'json', 'markdown', 'latex'] as const;
export type TableFormat = (typeof tableFormats)[number];

/** The unit of a mean: accuracies are fractions shown in percent, −ELBO is in nats. */
export type Unit = 'percent' | 'nats';

const shown = (value: number, unit: Unit) =>
  (unit === 'percent' ? 100 * value : value).toFixed(1).replace(/^-(0\.0)$/, '$1');

/** "87.3 ± 2.0", in percent or nats; "87.3" for one seed; "–" for none. */
export function intervalText(value: Interval | null, unit: Unit = 'percent'): string {
  if (value === null) return '–';
  return value.halfWidth95 === null
    ? shown(value.mean, unit)
    : `${shown(value.mean, unit)} ± ${shown(value.halfWidth95, unit)}`;
}

/** "87.6 ± 0.7", as the paper prints it; "–" where it prints nothing. */
export function figureText(figure: PaperFigure | null): string {
  if (figure === null) return '–';
  return figure.spread === null ? figure.mean.toFixed(1) : `${figure.mean.toFixed(1)} ± ${figure.spread.toFixed(1)}`;
}

/** "+2.8 ± 1.4", or in words where the interval includes zero or there is none. */
export function differenceText(difference: PairedDifference | null, unit: Unit = 'percent'): string {
  if (difference === null) return '–';
  const value = `${difference.mean > 0 ? '+' : ''}${intervalText(difference, unit)}`;
  switch (difference.verdict) {
    case 'higher':
    case 'lower':
      return value;
    case 'no clear difference':
    case 'one seed gives no interval':
      return `${value} (${difference.verdict})`;
    default:
      return difference.verdict satisfies never;
  }
}

/** One column of a printed table. */
interface Column {
  readonly title: string;
  readonly cell: (line: TableLine) => string;
}

const columns: readonly Column[] = [
  { title: 'Group', cell: ({ row }) => row.group },
  { title: 'Method', cell: ({ row }) => row.label },
  { title: 'n', cell: ({ seeds }) => String(seeds.length) },
  { title: 'Accuracy, %', cell: ({ accuracy }) => intervalText(accuracy) },
  { title: 'Paper', cell: ({ row }) => figureText(row.accuracy) },
  { title: 'Forgetting, %', cell: ({ forgetting }) => intervalText(forgetting) },
  { title: 'Paper', cell: ({ row }) => figureText(row.forgetting) },
  {
    title: 'Accuracy against baseline, points',
    cell: ({ difference }) => differenceText(difference?.accuracy ?? null),
  },
  {
    title: 'Forgetting against baseline, points',
    cell: ({ difference }) => differenceText(difference?.forgetting ?? null),
  },
];

/** The further columns of the table of −ELBO. */
const elboColumns: readonly Column[] = [
  { title: '−ELBO at β = 1, nats', cell: ({ negativeElbo }) => intervalText(negativeElbo, 'nats') },
  { title: '−ELBO at the final β', cell: ({ negativeElboAtBeta }) => intervalText(negativeElboAtBeta, 'nats') },
  { title: 'Paper, at the final β', cell: ({ row }) => figureText(row.negativeElbo) },
  {
    title: '−ELBO at β = 1 against baseline',
    cell: ({ difference }) => differenceText(difference?.negativeElbo ?? null, 'nats'),
  },
];

/** Columns of the further measures at the ends of tasks. */
const metricColumns: readonly Column[] = measures.flatMap(({ key, label, unit }) => {
  const name = metricNames.find((metric) => metric === key && !metric.endsWith('Between'));
  return name === undefined
    ? []
    : [{ title: `${label}, ${unit}`, cell: ({ metrics }: TableLine) => intervalText(metrics[name]) }];
});

function columnsOf(lines: readonly TableLine[]): readonly Column[] {
  const measured = lines.some(({ metrics }) => metrics.averageAnytimeAccuracy !== null);
  const elbo = lines.some(({ row }) => row.table === 5);
  return [...columns, ...(measured ? metricColumns : []), ...(elbo ? elboColumns : [])];
}

/**
 * Markdown of a table.
 *
 * @param words how many columns, from the left, hold words; the others hold numbers
 */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[], words: number): string {
  const rule = titles.map((_, column) => (column < words ? '---' : '---:'));
  return [titles, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function escapedForLatex(text: string): string {
  return text
    .replaceAll(/[%_&#]/g, String.raw`\$&`)
    .replaceAll('±', String.raw`$\pm$`)
    .replaceAll('–', '--')
    .replaceAll('−', '$-$')
    .replaceAll('α', String.raw`$\alpha$`)
    .replaceAll('β', String.raw`$\beta$`);
}

/** LaTeX of a table, for the package booktabs; see {@link markdownTable}. A note stands under it, in one cell. */
export function latexTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  words: number,
  note = '',
): string {
  const line = (cells: readonly string[]) => `${cells.map(escapedForLatex).join(' & ')} \\\\\n`;
  return [
    `\\begin{tabular}{${'l'.repeat(words)}${'r'.repeat(titles.length - words)}}\n\\toprule\n`,
    line(titles),
    '\\midrule\n',
    ...rows.map(line),
    '\\bottomrule\n',
    note === '' ? '' : `\\multicolumn{${titles.length}}{l}{${escapedForLatex(note)}} \\\\\n`,
    '\\end{tabular}\n',
  ].join('');
}

/** The words that stand in the first columns of a table of the paper: group and method. */
const wordColumns = 2;

/** Titles and cells of the lines. */
function textOf(lines: readonly TableLine[]): readonly [titles: readonly string[], rows: readonly string[][]] {
  const used = columnsOf(lines);
  return [used.map(({ title }) => title), lines.map((value) => used.map(({ cell }) => cell(value)))];
}

/** The paper prints percent with one decimal. */
const fraction = (figure: PaperFigure | null) => (figure === null ? '' : Number((figure.mean / 100).toFixed(3)));

/** Full precision, fractions, one row per line: for a spreadsheet or a script. */
function toCsv(lines: readonly TableLine[], mixed: string): string {
  const estimate = (name: string, value: Interval | null) => ({
    [name]: value?.mean ?? '',
    [`${name}HalfWidth95`]: value?.halfWidth95 ?? '',
  });
  const rows = lines.map(
    ({ row, seeds, accuracy, forgetting, negativeElbo, negativeElboAtBeta, metrics, difference }) => ({
      table: row.table,
      group: row.group,
      method: row.config.method,
      variant: row.variant,
      memoryPerClass: row.config.memoryPerClass,
      n: seeds.length,
      seeds: seeds.join(' '),
      ...estimate('accuracy', accuracy),
      ...estimate('forgetting', forgetting),
      ...estimate('negativeElbo', negativeElbo),
      ...estimate('negativeElboAtFinalBeta', negativeElboAtBeta),
      ...Object.fromEntries(metricNames.flatMap((name) => Object.entries(estimate(name, metrics[name])))),
      paperAccuracy: fraction(row.accuracy),
      paperForgetting: fraction(row.forgetting),
      paperNegativeElboAtFinalBeta: row.negativeElbo?.mean ?? '',
      baseline: difference?.baseline ?? '',
      ...estimate('accuracyDifference', difference?.accuracy ?? null),
      ...estimate('forgettingDifference', difference?.forgetting ?? null),
      ...estimate('negativeElboDifference', difference?.negativeElbo ?? null),
      ...(mixed !== '' && { mixed }),
    }),
  );
  return `${Papa.unparse(rows)}\r\n`;
}

/**
 * A table as text of the given format.
 *
 * @param mixtures what its runs do not have in common, which every format then says
 */
export function formatTable(
  lines: readonly TableLine[],
  format: TableFormat,
  mixtures: readonly Mixture[] = [],
): string {
  const mixed = mixtureText(mixtures);
  switch (format) {
    case 'csv':
      return toCsv(lines, mixed);
    case 'spreadsheet':
      return spreadsheetCsv(toCsv(lines, mixed));
    case 'json':
      return `${JSON.stringify(mixed === '' ? lines : lines.map((line) => ({ ...line, mixed: mixtures })), null, 2)}\n`;
    case 'markdown':
      return markdownTable(...textOf(lines), wordColumns).concat(mixed === '' ? '' : `\n${mixed}\n`);
    case 'latex':
      return latexTable(...textOf(lines), wordColumns, mixed);
    default:
      return format satisfies never;
  }
}
