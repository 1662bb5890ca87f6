import { z } from 'zod';
import { backendNames, type MethodName, settingsSchema, type RunConfig } from '../engine/config.ts';
import { runOf } from '../engine/paperTable.ts';
import { type PaperRow, type TableId, tableIds } from '../engine/paperRow.ts';
import { paperRows } from '../engine/presets.ts';
import { keyOf } from './runKeys.ts';
import { seedsOf } from './seedRange.ts';

/** Settings that a sweep may change for every row of its table, for a shorter stream or a smaller network. */
export const changeableSettings = ['samplesPerTask', 'hidden', 'filters', 'learningRate'] as const;
export type ChangeableSetting = (typeof changeableSettings)[number];

const { samplesPerTask, hidden, filters, learningRate, seed } = settingsSchema.shape;

/** Each changeable setting's schema; null leaves the paper's value. */
export const changesSchema = z.strictObject({
  samplesPerTask: samplesPerTask.nullable(),
  hidden: hidden.nullable(),
  // Sweeps that an earlier version kept do not have it.
  filters: filters.nullable().default(null),
  learningRate: learningRate.nullable(),
});

/** What a sweep runs: rows of one table, each with every seed. */
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
  const name = `${group.toLowerCase().replaceAll(/ = |,/g, '').replaceAll(/[^a-z0-9]+/g, '-')}.${config.method}`;
  return variant === '' ? name : `${name}.${variant}`;
}

/** The rows of a table, in the paper's order. */
export function rowsOf(table: TableId): PaperRow[] {
  return paperRows.filter((row) => row.table === table);
}

/** The methods whose comparison a table is about: replay by chance, and by interference. */
function comparedMethods(table: TableId): readonly MethodName[] {
  switch (table) {
    case 1:
    case 2:
    case 3:
    case 4:
      return ['er', 'er-mir'];
    case 5:
      return ['gen', 'gen-mir'];
    case 'figure-4':
      return ['ae-er', 'ae-mir'];
    default:
      return table satisfies never;
  }
}

/** The rows of the comparison that a table is about, in the first group that has both. */
export function comparedRows(table: TableId): PaperRow[] {
  const methods = comparedMethods(table);
  const rows = rowsOf(table).filter(({ config }) => methods.includes(config.method));
  return rows.filter(({ group }) => group === rows[0].group);
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

/** Every row of the plan's table, with the plan's changes put in. */
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
