import { differingSettings, formerValues, ownDifferences, settingNames } from '../core/config.ts';
import { measures, metricNames } from '../core/metrics.ts';
import { isIdle } from '../core/methods.ts';
import { mixtureText } from '../core/provenance.ts';
import type { Estimate, ExperimentResult, PairedDifference, ResultFile } from './resultFile.ts';

function percent(fraction: number): string {
  return (100 * fraction).toFixed(1);
}

/** As a mean of the given unit: fractions in percent or points, −ELBO in nats. */
function inUnit(value: number, unit: string): string {
  return unit === 'nats' ? value.toFixed(1) : percent(value);
}

/** "87.3 ± 2.0 %, n = 10"; "–" where there is nothing to measure. */
export function formatEstimate(estimate: Estimate | null, n: number, unit = '%'): string {
  if (estimate === null) return '–';
  const spread = estimate.halfWidth95 === null ? '' : ` ± ${inUnit(estimate.halfWidth95, unit)}`;
  return `${inUnit(estimate.mean, unit)}${spread} ${unit}, n = ${n}`;
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
    run.negativeElbo === null ? '–' : `${run.negativeElbo.toFixed(1)} nats`,
  ]);
}

function meanRow({ config, summary }: ExperimentResult): string[] {
  return [
    config.method,
    'mean',
    formatEstimate(summary.averageAccuracy, summary.n),
    formatEstimate(summary.averageForgetting, summary.n),
    formatEstimate(summary.negativeElbo, summary.n, 'nats'),
  ];
}

const metricMeasures = measures.flatMap((measure) => {
  const name = metricNames.find((metric) => metric === measure.key);
  return name === undefined ? [] : [{ ...measure, name, between: name.endsWith('Between') }];
});

/** Further measures, method by method: those at the ends of tasks, then those over every evaluation, if there are any. */
function metricRows(experiments: readonly ExperimentResult[], between: boolean): string[][] {
  const columns = metricMeasures.filter((measure) => measure.between === between);
  const cells = experiments.map(({ config, summary }) => [
    config.method,
    ...columns.map(({ name, unit }) => formatEstimate(summary.metrics?.[name] ?? null, summary.n, unit)),
  ]);
  if (cells.every((row) => row.slice(1).every((cell) => cell === '–'))) return [];
  const titles = columns.map(({ label }) => label.toLowerCase().replace(', between', ''));
  return [[between ? 'over every evaluation' : 'at the ends of tasks', ...titles], ...cells];
}

/** Rows of cells as lines, with an empty line before them. */
function block(rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', ...align(rows)];
}

/** The interval in words: whether the difference is more than chance at the 95% level. */
function verdict(difference: Estimate): string {
  if (difference.halfWidth95 === null) return 'one seed gives no interval';
  return Math.abs(difference.mean) > difference.halfWidth95 ? 'the interval excludes zero' : 'no clear difference';
}

function pairedLine(pair: PairedDifference, measure: string, difference: Estimate | null, unit = 'points'): string[] {
  if (difference === null) return [];
  const sign = difference.mean > 0 ? '+' : '';
  return [
    `${pair.method} − ${pair.against}, paired, ${measure}: ${sign}${formatEstimate(difference, pair.n, unit)} (${verdict(difference)})`,
  ];
}

/**
 * The table that the command line prints: a row per seed, then the mean over seeds ± half-width of the
 * 95% t-interval, in percent; under it the further measures; for several methods, the paired differences from the
 * first. Above it stand the settings: those of all methods, then what each has of its own.
 */
export function resultTable(file: ResultFile): string {
  const experiments = 'experiments' in file ? file.experiments : [file];
  const paired = 'experiments' in file ? file.paired : [];
  const mixed = mixtureText(file.mixed ?? []);
  const [{ config, backend, version }] = experiments;
  const runs = experiments.map((result) => ({ ...result.config, seed: 0 }));
  const differing = differingSettings(runs);
  const common = settingNames.flatMap((name) => {
    const heeding = runs.find(({ method }) => !isIdle(name, method));
    const told = name === 'scenario' || name === 'seed' || heeding?.[name] === formerValues[name];
    return told || heeding === undefined || differing.includes(name) ? [] : [`${name} ${heeding[name]}`];
  });
  const own = runs.flatMap((run) => {
    const names = ownDifferences(run, runs);
    return names.length === 0 ? [] : [`${run.method}: ${names.map((name) => `${name} ${run[name]}`).join(', ')}`];
  });
  // Only methods with a VAE have a last column.
  const withElbo = experiments.some(({ runs }) => runs.some((run) => run.negativeElbo !== null));
  const rows = [
    ['method', '', 'average accuracy', 'average forgetting', '−ELBO at β = 1'],
    ...experiments.flatMap(seedRows),
    ...experiments.map(meanRow),
  ];
  return [
    `${config.scenario} on ${backend}, MIR Lab ${version}; ${common.join(', ')}`,
    ...own,
    '',
    ...align(withElbo ? rows : rows.map((row) => row.slice(0, -1))),
    ...block(metricRows(experiments, false)),
    ...block(metricRows(experiments, true)),
    '',
    'mean ± half-width of the 95% t-interval over seeds',
    ...(mixed === '' ? [] : [mixed]),
    ...paired.flatMap((pair) => [
      ...pairedLine(pair, 'average accuracy', pair.averageAccuracy),
      ...pairedLine(pair, 'average forgetting', pair.averageForgetting),
      ...pairedLine(pair, 'average anytime accuracy', pair.metrics?.averageAnytimeAccuracy ?? null),
      ...pairedLine(pair, 'worst-case accuracy', pair.metrics?.worstCaseAccuracy ?? null),
      ...pairedLine(pair, '−ELBO at β = 1', pair.negativeElbo, 'nats'),
    ]),
  ].join('\n');
}
