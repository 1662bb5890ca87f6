import { type DataMark, isPaperData } from './dataset.ts';
import { formerValues, type RunConfig, presetConfig, type ScenarioName, type Settings } from './config.ts';
import { isIdle, methods, type MethodName, methodNames } from './methods.ts';
import { laterFields } from './replaySettings.ts';
import type { NegativeElbo } from './events.ts';
import { type Interval, interval, mean, metricIntervals, type RunMetrics } from './metrics.ts';
import type { Family, PaperEntry } from './catalogue/methodEntry.ts';
import { scenarios } from './scenarios.ts';

/** A figure of the paper, in percent; the spread as the paper prints it, null where it prints none. */
export interface PaperFigure {
  readonly mean: number;
  readonly spread: number | null;
}

/** A row of one of the paper's tables, ready to run. */
export interface PaperRow {
  readonly table: TableId;
  /** What the table groups the row under: its dataset, or its memory per class. */
  readonly group: string;
  readonly label: string;
  /** Tells rows of one method in one group apart: empty, or for example "classifier". */
  readonly variant: string;
  /** With seed 0; a sweep puts in its own. */
  readonly config: RunConfig;
  /** Null where the paper gives none, for example forgetting of the i.i.d. bounds. */
  readonly accuracy: PaperFigure | null;
  readonly forgetting: PaperFigure | null;
  /** −ELBO in nats per image, at the preset's own final β, as the authors report it. */
  readonly negativeElbo: PaperFigure | null;
}

/** The tables of the paper, and its Figure 4. */
export const tableIds = [1, 2, 3, 4, 5, 'figure-4'] as const;
export type TableId = (typeof tableIds)[number];

/** "Table 1", or "Figure 4". */
export function tableName(table: TableId): string {
  return table === 'figure-4' ? 'Figure 4' : `Table ${table}`;
}

/** What each table compares, in a few words. */
export const tableTitles: Readonly<Record<TableId, string>> = {
  1: 'Split MNIST and Permuted MNIST, 50 memories per class',
  2: 'Split CIFAR-10, 20, 50 and 100 memories per class',
  3: 'Split CIFAR-10, 100 memories per class, 5 iterations per batch',
  4: 'Split MiniImagenet, 100 memories per class, 3 iterations per batch',
  5: 'Generative replay: −ELBO on Split MNIST and Permuted MNIST',
  'figure-4': 'Split CIFAR-10, hybrid replay with 1,000, 5,000 and 10,000 latents',
};

/** Rows that stand together, with what they have in common. */
interface Section {
  readonly table: TableId;
  readonly group: string;
  readonly scenario: ScenarioName;
  readonly change?: Partial<Settings>;
}

const cifar = (table: TableId, memoryPerClass: number, change: Partial<Settings> = {}): Section => ({
  table,
  group: `M = ${memoryPerClass}`,
  scenario: 'split-cifar10',
  change: { memoryPerClass, ...change },
});

/** Latents in a memory: those per class, times ten classes. */
const latents = (memoryPerClass: number): Section => ({
  table: 'figure-4',
  group: `${(10 * memoryPerClass).toLocaleString('en')} latents`,
  scenario: 'split-cifar10',
  change: { memoryPerClass },
});

const splitMnist = { group: 'Split MNIST', scenario: 'split-mnist' } as const;
const permutedMnist = { group: 'Permuted MNIST', scenario: 'permuted-mnist' } as const;

/** The parts of the paper's tables and of its Figure 4, in the paper's order; the figure prints no numbers. */
const sections = {
  'table-1.split-mnist': { table: 1, ...splitMnist },
  'table-1.permuted-mnist': { table: 1, ...permutedMnist },
  'table-2.no-memory': cifar(2, 100),
  'table-2.m-20': cifar(2, 20),
  'table-2.m-50': cifar(2, 50),
  'table-2.m-100': cifar(2, 100),
  'table-3': cifar(3, 100, { iterations: 5 }),
  'table-4': { table: 4, group: 'MiniImagenet', scenario: 'split-miniimagenet' },
  'table-5.split-mnist': { table: 5, ...splitMnist },
  'table-5.permuted-mnist': { table: 5, ...permutedMnist },
  'figure-4.1000': latents(100),
  'figure-4.5000': latents(500),
  'figure-4.10000': latents(1_000),
} as const satisfies Readonly<Record<string, Section>>;

export type PaperSection = keyof typeof sections;

/** The order of methods within a part: the paper's. */
const familyOrder: readonly Family[] = ['bound', 'plain', 'constrained', 'exemplars', 'replay', 'generative', 'hybrid'];

/** The name of a row. A variant is named after the method: "GEN-MIR, classifier". */
function paperRow(method: MethodName, entry: PaperEntry): PaperRow {
  const { table, group, scenario, change }: Section = sections[entry.section];
  const { variant = '' } = entry;
  const label = methods[method].tableLabel ?? methods[method].label;
  const figure = (figures: PaperEntry['accuracy']) =>
    figures === undefined ? null : { mean: figures[0], spread: figures[1] };
  return {
    table,
    group,
    label: variant === '' ? label : `${label}, ${variant}`,
    variant,
    config: presetConfig(scenario, method, { ...change, ...entry.change }),
    accuracy: figure(entry.accuracy),
    forgetting: figure(entry.forgetting),
    negativeElbo: figure(entry.negativeElbo),
  };
}

const inTableOrder = familyOrder.flatMap((family) => methodNames.filter((name) => methods[name].family === family));

/** Every row of the paper's tables and of its Figure 4, in the paper's order. */
export const paperRows: readonly PaperRow[] = Object.keys(sections).flatMap((section) =>
  inTableOrder.flatMap((method) =>
    methods[method].paper.filter((entry) => entry.section === section).map((entry) => paperRow(method, entry)),
  ),
);

/**
 * A row with other settings. An order of classes is left out where the scenario has none; with another one than the
 * paper's, the paper's figures do not stand beside it.
 */
export function changedRow(row: PaperRow, change: Partial<Settings>): PaperRow {
  const { classOrderSeed = 'off', ...others } = change;
  const config = { ...row.config, ...others };
  if (classOrderSeed === 'off' || !scenarios[config.scenario].splitsClasses) return { ...row, config };
  return { ...row, config: { ...config, classOrderSeed }, accuracy: null, forgetting: null, negativeElbo: null };
}

/** What a table needs of a run that has finished. Fractions. */
export interface FinishedRun {
  readonly config: RunConfig;
  readonly averageAccuracy: number;
  readonly averageForgetting: number | null;
  /** Of each task, at β = 1, in nats per image; null for methods without a VAE. */
  readonly elboByTask: readonly NegativeElbo[] | null;
  readonly metrics: RunMetrics;
  /** What it learnt from, where that is known. */
  readonly data?: DataMark | null;
}

/** Whether a paired difference is more than chance, at the 95% level. */
type Verdict = 'higher' | 'lower' | 'no clear difference' | 'one seed gives no interval';

/** A mean of differences over the seeds that both rows have finished. */
export interface PairedDifference extends Interval {
  readonly verdict: Verdict;
}

/** One row of a table: ours beside the paper's. */
export interface TableLine {
  readonly row: PaperRow;
  readonly seeds: readonly number[];
  /** Null before the first run has finished. */
  readonly accuracy: Interval | null;
  readonly forgetting: Interval | null;
  /** −ELBO at β = 1, mean over the tasks, in nats per image; also null without a VAE. */
  readonly negativeElbo: Interval | null;
  /** The same at the run's own final β, as the authors report it. */
  readonly negativeElboAtBeta: Interval | null;
  /** Each is null unless all the runs have it. */
  readonly metrics: Readonly<Record<keyof RunMetrics, Interval | null>>;
  /** Against the baseline of the row's group; null for the baseline itself, and while no seed is shared. */
  readonly difference: {
    readonly baseline: string;
    readonly accuracy: PairedDifference;
    readonly forgetting: PairedDifference | null;
    readonly negativeElbo: PairedDifference | null;
  } | null;
}

/**
 * A key that two runs share if and only if they are the same run: the same method, seed and settings, without the
 * settings of particular other methods, and without the settings that came later at the values that runs had before.
 * Browsers store runs under it, so it must not change.
 */
export function runKey(config: RunConfig): string {
  const heeded = Object.entries(config).filter(
    ([field, value]) =>
      !(isIdle(field, config.method) && Object.hasOwn(laterFields, field)) &&
      !(field in formerValues && value === formerValues[field]),
  );
  const fields = heeded.sort(([one], [other]) => (one < other ? -1 : 1));
  return fields.map(([field, value]) => `${field}=${value}`).join('&');
}

/** The run of a row with one seed. */
export function runOf(row: Pick<PaperRow, 'config'>, seed: number): RunConfig {
  return { ...row.config, seed };
}

/** The row of its group that another is compared with: its method's baseline; null if the group has none. */
export function baselineOf(rows: readonly PaperRow[], row: PaperRow): PaperRow | null {
  const inGroup = rows.filter(({ table, group }) => table === row.table && group === row.group);
  const { baseline } = methods[row.config.method];
  return inGroup.find(({ config }) => config.method === baseline) ?? null;
}

/** The final weight of the KL divergence in a run's VAE: min(seen in a task / warm-up, β_max). */
function finalBeta({ samplesPerTask, betaWarmup, betaMax }: RunConfig): number {
  return Math.min(samplesPerTask / betaWarmup, betaMax);
}

/** Mean over the tasks of reconstruction + β KL, in nats per image; null without a VAE. */
function negativeElbo({ elboByTask }: FinishedRun, beta: number): number | null {
  return elboByTask && mean(elboByTask.map(({ reconstruction, kl }) => reconstruction + beta * kl));
}

/** Says of a mean of differences whether its interval excludes zero. */
function verdictOf({ mean, halfWidth95 }: Interval): Verdict {
  if (halfWidth95 === null) return 'one seed gives no interval';
  if (Math.abs(mean) <= halfWidth95) return 'no clear difference';
  return mean > 0 ? 'higher' : 'lower';
}

/** Differences of runs with equal seeds, one minus other; null where they share none. */
export function pairedDifference(
  one: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number>,
): PairedDifference | null {
  const differences = [...one].flatMap(([seed, value]) => {
    const partner = other.get(seed);
    return partner === undefined ? [] : [value - partner];
  });
  if (differences.length === 0) return null;
  const over = interval(differences);
  return { ...over, verdict: verdictOf(over) };
}

/**
 * Fills the rows of a table with runs.
 *
 * @param rows the rows to fill, baselines included where differences are wanted
 * @param seeds the seeds that count; runs with others are left out
 * @param find a finished run by its key, or nothing
 */
export function tableLines(
  rows: readonly PaperRow[],
  seeds: readonly number[],
  find: (key: string) => FinishedRun | undefined,
): TableLine[] {
  const runsOf = (row: PaperRow) => seeds.flatMap((seed) => find(runKey(runOf(row, seed))) ?? []);
  const bySeed = (runs: readonly FinishedRun[], value: (run: FinishedRun) => number | null) =>
    new Map(
      runs.flatMap((run) => {
        const found = value(run);
        return found === null ? [] : [[run.config.seed, found] as const];
      }),
    );
  return rows.map((row) => {
    const runs = runsOf(row);
    const baseline = baselineOf(rows, row);
    const against = baseline === null || baseline === row ? [] : runsOf(baseline);
    const differenceOf = (value: (run: FinishedRun) => number | null) =>
      pairedDifference(bySeed(runs, value), bySeed(against, value));
    const intervalOf = (value: (run: FinishedRun) => number | null) => {
      const values = runs.flatMap((run) => value(run) ?? []);
      return values.length === 0 ? null : interval(values);
    };
    const accuracyOf = (run: FinishedRun) => run.averageAccuracy;
    const forgettingOf = (run: FinishedRun) => run.averageForgetting;
    const elboOf = (run: FinishedRun) => negativeElbo(run, 1);
    const accuracy = differenceOf(accuracyOf);
    // A figure of the paper says nothing about other data.
    const foreign = runs.some(({ data }) => data && !isPaperData(data));
    return {
      row: foreign ? { ...row, accuracy: null, forgetting: null, negativeElbo: null } : row,
      seeds: runs.map((run) => run.config.seed),
      accuracy: intervalOf(accuracyOf),
      forgetting: intervalOf(forgettingOf),
      negativeElbo: intervalOf(elboOf),
      negativeElboAtBeta: intervalOf((run) => negativeElbo(run, finalBeta(run.config))),
      metrics: metricIntervals(runs),
      difference:
        baseline === null || accuracy === null
          ? null
          : {
              baseline: baseline.label,
              accuracy,
              forgetting: differenceOf(forgettingOf),
              negativeElbo: differenceOf(elboOf),
            },
    };
  });
}
