import type { RunConfig } from './config.ts';
import { type Interval, interval } from './metrics.ts';
import type { PaperRow } from './presets.ts';

/** What a table needs of a run that has finished. Fractions. */
export interface FinishedRun {
  readonly config: RunConfig;
  readonly averageAccuracy: number;
  readonly averageForgetting: number | null;
}

/** Whether a paired difference is more than chance, at the 95% level. */
export type Verdict = 'higher' | 'lower' | 'no clear difference' | 'one seed gives no interval';

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
  /** Against the baseline of the row's group; null for the baseline itself, and while no seed is shared. */
  readonly difference: {
    readonly baseline: string;
    readonly accuracy: PairedDifference;
    readonly forgetting: PairedDifference | null;
  } | null;
}

/** A key that two runs share exactly if they are the same run: every setting, method and seed. */
export function runKey(config: RunConfig): string {
  const fields = Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1));
  return fields.map(([field, value]) => `${field}=${value}`).join('&');
}

/** The run of a row with one seed. */
export function runOf(row: PaperRow, seed: number): RunConfig {
  return { ...row.config, seed };
}

/** The row that the others of a group are compared with: ER, to which MIR is the paper's improvement. */
export function baselineOf(rows: readonly PaperRow[], row: PaperRow): PaperRow | null {
  const inGroup = rows.filter(({ table, group }) => table === row.table && group === row.group);
  return inGroup.find(({ config }) => config.method === 'er') ?? null;
}

/** Says of a mean of differences whether its interval excludes zero. */
export function verdictOf({ mean, halfWidth95 }: Interval): Verdict {
  if (halfWidth95 === null) return 'one seed gives no interval';
  if (Math.abs(mean) <= halfWidth95) return 'no clear difference';
  return mean > 0 ? 'higher' : 'lower';
}

/** Differences of runs with equal seeds, one minus other; null where they share none. */
export function pairedDifference(one: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): PairedDifference | null {
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
    new Map(runs.flatMap((run) => {
      const found = value(run);
      return found === null ? [] : [[run.config.seed, found] as const];
    }));
  return rows.map((row) => {
    const runs = runsOf(row);
    const [accuracy, forgetting] = [bySeed(runs, (run) => run.averageAccuracy), bySeed(runs, (run) => run.averageForgetting)];
    const baseline = baselineOf(rows, row);
    const against = baseline === null || baseline === row ? [] : runsOf(baseline);
    const difference = pairedDifference(accuracy, bySeed(against, (run) => run.averageAccuracy));
    return {
      row,
      seeds: runs.map((run) => run.config.seed),
      accuracy: accuracy.size === 0 ? null : interval([...accuracy.values()]),
      forgetting: forgetting.size === 0 ? null : interval([...forgetting.values()]),
      difference:
        baseline === null || difference === null
          ? null
          : {
              baseline: baseline.label,
              accuracy: difference,
              forgetting: pairedDifference(forgetting, bySeed(against, (run) => run.averageForgetting)),
            },
    };
  });
}
