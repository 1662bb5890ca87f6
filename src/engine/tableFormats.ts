import Papa from 'papaparse';
import type { Interval } from './metrics.ts';
import type { PairedDifference, TableLine } from './paperTable.ts';
import type { PaperFigure } from './presets.ts';

/** The formats in which a table leaves. */
export const tableFormats = ['csv', 'json', 'markdown', 'latex'] as const;
export type TableFormat = (typeof tableFormats)[number];

const percent = (value: number) => (100 * value).toFixed(1);

/** The paper prints percent with one decimal. */
const fraction = (figure: PaperFigure) => Number((figure.mean / 100).toFixed(3));

/** "87.3 ± 2.0", in percent; "87.3" for one seed; "–" for none. */
export function intervalText(value: Interval | null): string {
  if (value === null) return '–';
  return value.halfWidth95 === null ? percent(value.mean) : `${percent(value.mean)} ± ${percent(value.halfWidth95)}`;
}

/** "87.6 ± 0.7", as the paper prints it; "–" where it prints nothing. */
export function figureText(figure: PaperFigure | null): string {
  if (figure === null) return '–';
  return figure.spread === null ? figure.mean.toFixed(1) : `${figure.mean.toFixed(1)} ± ${figure.spread.toFixed(1)}`;
}

/** "+2.8 ± 1.4", or in words where the interval includes zero or there is none. */
export function differenceText(difference: PairedDifference | null): string {
  if (difference === null) return '–';
  const value = `${difference.mean > 0 ? '+' : ''}${intervalText(difference)}`;
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

const header = [
  'Group',
  'Method',
  'n',
  'Accuracy, %',
  'Paper',
  'Forgetting, %',
  'Paper',
  'Accuracy against baseline, points',
  'Forgetting against baseline, points',
];

function cells({ row, seeds, accuracy, forgetting, difference }: TableLine): string[] {
  return [
    row.group,
    row.label,
    String(seeds.length),
    intervalText(accuracy),
    figureText(row.accuracy),
    intervalText(forgetting),
    figureText(row.forgetting),
    differenceText(difference?.accuracy ?? null),
    differenceText(difference?.forgetting ?? null),
  ];
}

function toMarkdown(lines: readonly TableLine[]): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |\n`;
  const rule = header.map((_, column) => (column < 2 ? '---' : '---:'));
  return [header, rule, ...lines.map(cells)].map(line).join('');
}

function toLatex(lines: readonly TableLine[]): string {
  const escape = (text: string) =>
    text.replaceAll('%', String.raw`\%`).replaceAll('±', String.raw`$\pm$`).replaceAll('–', '--');
  const line = (row: readonly string[]) => `${row.map(escape).join(' & ')} \\\\\n`;
  return [
    `\\begin{tabular}{ll${'r'.repeat(header.length - 2)}}\n\\toprule\n`,
    line(header),
    '\\midrule\n',
    ...lines.map((value) => line(cells(value))),
    '\\bottomrule\n\\end{tabular}\n',
  ].join('');
}

/** Full precision, fractions, one row per line: for a spreadsheet or a script. */
function toCsv(lines: readonly TableLine[]): string {
  const estimate = (name: string, value: Interval | null) => ({
    [name]: value?.mean ?? '',
    [`${name}HalfWidth95`]: value?.halfWidth95 ?? '',
  });
  const rows = lines.map(({ row, seeds, accuracy, forgetting, difference }) => ({
    table: row.table,
    group: row.group,
    method: row.config.method,
    memoryPerClass: row.config.memoryPerClass,
    n: seeds.length,
    seeds: seeds.join(' '),
    ...estimate('accuracy', accuracy),
    ...estimate('forgetting', forgetting),
    paperAccuracy: fraction(row.accuracy),
    paperForgetting: row.forgetting === null ? '' : fraction(row.forgetting),
    baseline: difference?.baseline ?? '',
    ...estimate('accuracyDifference', difference?.accuracy ?? null),
    ...estimate('forgettingDifference', difference?.forgetting ?? null),
  }));
  return `${Papa.unparse(rows)}\r\n`;
}

/** A table as text of the given format. */
export function formatTable(lines: readonly TableLine[], format: TableFormat): string {
  switch (format) {
    case 'csv':
      return toCsv(lines);
    case 'json':
      return `${JSON.stringify(lines, null, 2)}\n`;
    case 'markdown':
      return toMarkdown(lines);
    case 'latex':
      return toLatex(lines);
    default:
      return format satisfies never;
  }
}
