import type { Estimate, ExperimentResult, PairedDifference, ResultFile } from './resultFile.ts';

function percent(fraction: number): string {
  return (100 * fraction).toFixed(1);
}

/** "87.3 ± 2.0 %, n = 10"; "–" where there is nothing to measure. */
export function formatEstimate(estimate: Estimate | null, n: number, unit = '%'): string {
  if (estimate === null) return '–';
  const spread = estimate.halfWidth95 === null ? '' : ` ± ${percent(estimate.halfWidth95)}`;
  return `${percent(estimate.mean)}${spread} ${unit}, n = ${n}`;
}

/** Columns padded to equal width, the first one left-aligned. */
function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('   '),
  );
}

function seedRows(result: ExperimentResult): string[][] {
  return result.runs.map((run) => [
    result.config.method,
    `seed ${run.seed}`,
    `${percent(run.averageAccuracy)} %`,
    run.averageForgetting === null ? '–' : `${percent(run.averageForgetting)} %`,
  ]);
}

function meanRow({ config, summary }: ExperimentResult): string[] {
  return [
    config.method,
    'mean',
    formatEstimate(summary.averageAccuracy, summary.n),
    formatEstimate(summary.averageForgetting, summary.n),
  ];
}

/** The interval in words: whether the difference is more than chance at the 95% level. */
function verdict(difference: Estimate): string {
  if (difference.halfWidth95 === null) return 'one seed gives no interval';
  return Math.abs(difference.mean) > difference.halfWidth95 ? 'the interval excludes zero' : 'no clear difference';
}

function pairedLine(pair: PairedDifference, measure: string, difference: Estimate | null): string[] {
  if (difference === null) return [];
  const sign = difference.mean > 0 ? '+' : '';
  return [`${pair.method} − ${pair.against}, paired, ${measure}: ${sign}${formatEstimate(difference, pair.n, 'points')} (${verdict(difference)})`];
}

/**
 * The table that the command line prints: a row per seed, then the mean over seeds ± half-width of the
 * 95% t-interval, in percent; for several methods, the paired differences from the first.
 */
export function resultTable(file: ResultFile): string {
  const experiments = 'experiments' in file ? file.experiments : [file];
  const paired = 'experiments' in file ? file.paired : [];
  const { config, backend, version } = experiments[0];
  const { method: _method, scenario, ...settings } = config;
  const title = `${scenario} on ${backend}, MIR Lab ${version}; ${Object.entries(settings).map(([name, value]) => `${name} ${value}`).join(', ')}`;
  const header = ['method', '', 'average accuracy', 'average forgetting'];
  return [
    title,
    '',
    ...align([header, ...experiments.flatMap(seedRows), ...experiments.map(meanRow)]),
    '',
    'mean ± half-width of the 95% t-interval over seeds',
    ...paired.flatMap((pair) => [
      ...pairedLine(pair, 'average accuracy', pair.averageAccuracy),
      ...pairedLine(pair, 'average forgetting', pair.averageForgetting),
    ]),
  ].join('\n');
}
