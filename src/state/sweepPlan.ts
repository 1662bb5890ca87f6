import { z } from 'zod';
import { backendNames, type RunConfig, settingsSchema } from '../core/config.ts';
import { methods } from '../core/methods.ts';
import { type PaperRow, paperRows, type TableId, tableIds } from '../core/paperRow.ts';
import { runKey, runOf } from '../core/paperTable.ts';

/** Seeds from `first` to `last`, both included. */
interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** The largest seed of a run (config.ts). */
const largestSeed = 2 ** 31 - 1;
/** The page could not tell more runs apart, and they would take days. */
const mostSeeds = 1_000;

/** The texts that {@link parseSeedRange} takes, in words. */
export const allowedSeeds = 'a count such as 10 (seeds 0 to 9) or a range such as 4-6, at most 1,000 seeds';

/** Reads "10" as seeds 0 to 9 and "4-6" as seeds 4 to 6, like the command line; null if it is neither. */
export function parseSeedRange(text: string): SeedRange | null {
  const match = /^\s*(?:(\d{1,10})\s*[-–]\s*)?(\d{1,10})\s*$/.exec(text);
  if (match === null) return null;
  const range = (match as (string | undefined)[])[1] !== undefined;
  const first = range ? Number(match[1]) : 0;
  const last = range ? Number(match[2]) : Number(match[2]) - 1;
  return last < first || last - first >= mostSeeds || last > largestSeed ? null : { first, last };
}

/** The shortest text that {@link parseSeedRange} reads as this range. */
export function seedRangeText({ first, last }: SeedRange): string {
  return first === 0 ? String(last + 1) : `${first}-${last}`;
}

/** Every seed of the range, in order. */
export function seedsOf({ first, last }: SeedRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Remembers the answers of a function of a configuration: a sweep of thousands of runs asks many times a second. */
function once(answer: (config: RunConfig) => string): (config: RunConfig) => string {
  const known = new WeakMap<RunConfig, string>();
  return (config) => {
    const found = known.get(config) ?? answer(config);
    known.set(config, found);
    return found;
  };
}

/** The run's key (paperTable.ts). */
export const keyOf = once(runKey);

/** A key that runs of one row share. */
export const rowKeyOf = once((config) => runKey({ ...config, seed: 0 }));

/** Settings that a sweep may change for every row of its table, for a shorter stream or a smaller network. */
export const changeableSettings = ['samplesPerTask', 'hidden', 'filters', 'learningRate'] as const;
export type ChangeableSetting = (typeof changeableSettings)[number];

const { samplesPerTask, hidden, filters, learningRate, seed } = settingsSchema.shape;

/** Each changeable setting's schema; null leaves the paper's value. */
export const changesSchema = z.strictObject({
  samplesPerTask: samplesPerTask.nullable(),
  hidden: hidden.nullable(),
  // Sweeps that an earlier version stored do not have it.
  filters: filters.nullable().default(null),
  learningRate: learningRate.nullable(),
});

/** A sweep: rows of one table, each with every seed. */
export const sweepPlanSchema = z.strictObject({
  table: z.literal(tableIds),
  /** Names of rows, see {@link rowName}; only names of rows that the table has. */
  rows: z.array(z.string()),
  seeds: z.strictObject({ first: seed, last: seed }),
  changes: changesSchema,
  backend: z.enum(['auto', ...backendNames]),
});
export type SweepPlan = z.infer<typeof sweepPlanSchema>;

/** A short name for a row within its table: "split-mnist.er-mir", "m50.gem", "split-mnist.gen-mir.classifier". */
export function rowName({ group, config, variant }: PaperRow): string {
  const name = `${group
    .toLowerCase()
    .replaceAll(/ = |,/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-')}.${config.method}`;
  return variant === '' ? name : `${name}.${variant}`;
}

/** The rows of a table, in the paper's order. */
export function rowsOf(table: TableId): PaperRow[] {
  return paperRows.filter((row) => row.table === table);
}

/**
 * The rows of the comparison that a table is about, in the first group that has both: replay by chance, and by
 * interference.
 */
export function comparedRows(table: TableId): PaperRow[] {
  const all = rowsOf(table);
  const pairs = all.flatMap((row) => {
    const { retrieval, counterpart } = methods[row.config.method];
    const inGroup = all.filter(({ group }) => group === row.group);
    const chance = inGroup.find(({ config }) => config.method === counterpart);
    return retrieval === 'mir' && chance !== undefined ? [[chance, row]] : [];
  });
  return pairs[0] ?? [];
}

/** A plan for a table that takes minutes rather than hours: the table's comparison, three seeds, the paper's settings. */
export function defaultPlan(table: TableId): SweepPlan {
  return {
    table,
    rows: comparedRows(table).map(rowName),
    seeds: { first: 0, last: 2 },
    changes: { samplesPerTask: null, hidden: null, filters: null, learningRate: null },
    backend: 'auto',
  };
}

/** Every row of the plan's table, with the plan's changes. */
export function changedRows({ table, changes }: SweepPlan): PaperRow[] {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null));
  return rowsOf(table).map((row) => ({ ...row, config: { ...row.config, ...given } }));
}

/** The rows that the plan runs. */
export function chosenRows(plan: SweepPlan): PaperRow[] {
  return changedRows(plan).filter((row) => plan.rows.includes(rowName(row)));
}

const knownRuns = new WeakMap<SweepPlan, readonly RunConfig[]>();

/** The runs of a plan in the order of seeds, so that every row has its first seed early. Each run once. */
export function plannedRuns(plan: SweepPlan): readonly RunConfig[] {
  const known = knownRuns.get(plan);
  if (known) return known;
  const rows = chosenRows(plan);
  const all = seedsOf(plan.seeds).flatMap((planned) => rows.map((row) => runOf(row, planned)));
  const runs = [...new Map(all.map((config) => [keyOf(config), config])).values()];
  knownRuns.set(plan, runs);
  return runs;
}

/** Whether two plans run the same. */
export function samePlan(one: SweepPlan, other: SweepPlan): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

const settingWords: Readonly<Record<ChangeableSetting, string>> = {
  samplesPerTask: 'samples per task',
  hidden: 'hidden units',
  filters: 'filters',
  learningRate: 'learning rate α',
};

/** How the runs of a plan differ from the paper's: "samples per task 100, not 1,000"; empty if they do not. */
export function changesFromPaper(plan: SweepPlan): string[] {
  const rows = rowsOf(plan.table);
  return changeableSettings.flatMap((name) => {
    const value = plan.changes[name];
    const papers = [...new Set(rows.map(({ config }) => config[name]))].filter((usual) => usual !== value);
    if (value === null || papers.length === 0) return [];
    const usual = papers.map((figure) => figure.toLocaleString('en')).join(' or ');
    return [`${settingWords[name]} ${value.toLocaleString('en')}, not ${usual}`];
  });
}
