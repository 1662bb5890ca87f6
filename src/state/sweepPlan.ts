import { z } from 'zod';
import { backendNames, presetConfig, type RunConfig, scenarioNames, settingsSchema } from '../core/config.ts';
import { measures } from '../core/metrics.ts';
import { isIdle, type MethodName, methodNames, methods, methodsOf } from '../core/methods.ts';
import { type PaperRow, paperRows, type TableId, tableIds, runKey, runOf } from '../core/paperTable.ts';
import { amount, list } from '../texts/numbers.ts';
import { say } from '../texts/say.ts';

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
export const allowedSeeds = () => say('address.seeds');

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

/** Settings that an own comparison may change for all of its methods. */
export const ownChangeableSettings = [
  ...changeableSettings,
  'memoryPerClass',
  'iterations',
  'candidates',
  'budget',
] as const;
export type ChangeableSetting = (typeof ownChangeableSettings)[number];

const { samplesPerTask, hidden, filters, learningRate, memoryPerClass, iterations, candidates, budget, seed } =
  settingsSchema.shape;

/** Each changeable setting's schema; null leaves the paper's value. */
const changesSchema = z.strictObject({
  samplesPerTask: samplesPerTask.nullable(),
  hidden: hidden.nullable(),
  // Sweeps that an earlier version stored do not have it.
  filters: filters.nullable().default(null),
  learningRate: learningRate.nullable(),
});

export const ownChangesSchema = changesSchema.extend({
  memoryPerClass: memoryPerClass.nullable(),
  iterations: iterations.nullable(),
  candidates: candidates.nullable(),
  budget: budget.nullable(),
});

const seedsAndBackend = {
  seeds: z.strictObject({ first: seed, last: seed }),
  backend: z.enum(['auto', ...backendNames]),
};

const tablePlanSchema = z.strictObject({
  // Sweeps that an earlier version stored do not have it.
  kind: z.literal('table').default('table'),
  table: z.literal(tableIds),
  /** Names of rows, see {@link rowName}; only names of rows that the table has. */
  rows: z.array(z.string()),
  changes: changesSchema,
  ...seedsAndBackend,
});

/** Settings that an own comparison may go through, and that its charts may have as their horizontal axis. */
export const variedSettings = ['memoryPerClass', 'learningRate'] as const;
export type VariedSetting = (typeof variedSettings)[number];

/** More values would take days. */
export const mostValues = 12;

export const variedSchema = z.discriminatedUnion('setting', [
  z.strictObject({ setting: z.literal('memoryPerClass'), values: z.array(memoryPerClass).min(1).max(mostValues) }),
  z.strictObject({ setting: z.literal('learningRate'), values: z.array(learningRate).min(1).max(mostValues) }),
]);

export const measureKeys = measures.map(({ key }) => key);
/** What the leaderboard may be sorted by. */
export const boardColumns = ['method', 'n', ...measureKeys] as const;
export type BoardColumn = (typeof boardColumns)[number];

/** What the charts of an own comparison show: two measures against each other, one over the varied setting, or curves. */
export const boardCharts = ['scatter', 'setting', 'step'] as const;
export type BoardChart = (typeof boardCharts)[number];

const ownPlanSchema = z.strictObject({
  kind: z.literal('own'),
  scenario: z.enum(scenarioNames),
  /** Each once, in the order in which they were chosen, and only methods that the scenario allows. */
  methods: z.array(z.enum(methodNames)),
  /** A setting of which every method that heeds it runs with each value; null where there is none. */
  varied: variedSchema.nullable(),
  changes: ownChangesSchema,
  ...seedsAndBackend,
  /** How its result is read; it may change while the sweep runs. */
  view: z.strictObject({
    /** The method that the others are compared with, seed by seed; null for none. */
    reference: z.enum(methodNames).nullable(),
    sort: z.enum(boardColumns),
    descending: z.boolean(),
    chart: z.enum(boardCharts),
    /** What the second chart over the varied setting shows. */
    measure: z.enum(measureKeys),
  }),
});

/** A sweep: rows of one table of the paper, or methods of one's own choice, each with every seed. */
export const sweepPlanSchema = z.union([ownPlanSchema, tablePlanSchema]);
export type SweepPlan = z.infer<typeof sweepPlanSchema>;
export type TablePlan = Extract<SweepPlan, { kind: 'table' }>;
export type OwnPlan = Extract<SweepPlan, { kind: 'own' }>;

/** A row of a sweep, ready to run. */
export type SweepRow = Pick<PaperRow, 'group' | 'label' | 'variant' | 'config'>;

/** A row of an own comparison: a method, with one value of the varied setting. */
export interface OwnRow extends SweepRow {
  readonly method: MethodName;
  /** Null where nothing is varied, or where the method does not heed what is. */
  readonly value: number | null;
}

/** A short name for a row within its table: "split-mnist.er-mir", "m50.gem", "split-mnist.gen-mir.classifier". */
export function rowName({ group, config, variant }: SweepRow): string {
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
export function defaultPlan(table: TableId): TablePlan {
  return {
    kind: 'table',
    table,
    rows: comparedRows(table).map(rowName),
    seeds: { first: 0, last: 2 },
    changes: { samplesPerTask: null, hidden: null, filters: null, learningRate: null },
    backend: 'auto',
  };
}

/** What is not null of a plan's changes, for a method where that makes a difference. */
function given(changes: SweepPlan['changes'], heeds: (name: string) => boolean): Partial<RunConfig> {
  return Object.fromEntries(Object.entries(changes).filter(([name, value]) => value !== null && heeds(name)));
}

/** Every row of the plan's table, with the plan's changes. */
function tableRows({ table, changes }: TablePlan): PaperRow[] {
  return rowsOf(table).map((row) => ({ ...row, config: { ...row.config, ...given(changes, () => true) } }));
}

const settingSymbols: Readonly<Record<VariedSetting, string>> = { memoryPerClass: 'M', learningRate: 'α' };

/** The group of rows that share a value of the varied setting: "M = 20". */
export function variedWords(setting: VariedSetting, value: number): string {
  return `${settingSymbols[setting]} = ${value}`;
}

/**
 * The rows of an own comparison: each method with its own preset and what the plan changes of it, once for each value
 * of the varied setting. What a method does not heed stays as in its preset, so that its runs are found again.
 */
export function ownRows({ scenario, methods: chosen, varied, changes }: OwnPlan): OwnRow[] {
  return chosen.flatMap((method) => {
    const change = given(changes, (name) => !isIdle(name, method));
    const row = (value: number | null, own: Partial<RunConfig>): OwnRow => ({
      group: value === null || varied === null ? '' : variedWords(varied.setting, value),
      label: methods[method].tableLabel ?? methods[method].label,
      variant: '',
      method,
      value,
      config: presetConfig(scenario, method, { ...change, ...own }),
    });
    if (varied === null || isIdle(varied.setting, method)) return [row(null, {})];
    return varied.values.map((value) => row(value, { [varied.setting]: value }));
  });
}

/** Every row of the plan, chosen or not, with the plan's changes. */
export function changedRows(plan: TablePlan): PaperRow[];
export function changedRows(plan: SweepPlan): SweepRow[];
export function changedRows(plan: SweepPlan): SweepRow[] {
  return plan.kind === 'table' ? tableRows(plan) : ownRows(plan);
}

/** The rows that the plan runs. */
export function chosenRows(plan: SweepPlan): SweepRow[] {
  return plan.kind === 'own' ? ownRows(plan) : tableRows(plan).filter((row) => plan.rows.includes(rowName(row)));
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

/** A plan as text, the same however its parts are ordered: storage gives them in another order than an address. */
function inOrder(plan: object): string {
  return JSON.stringify(plan, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** Whether two plans are the same, also in how their result is read. */
export function samePlan(one: SweepPlan, other: SweepPlan): boolean {
  return inOrder(one) === inOrder(other);
}

const unread = (plan: SweepPlan) => (plan.kind === 'own' ? { ...plan, view: null } : plan);

/** Whether two plans run the same. */
export function sameRuns(one: SweepPlan, other: SweepPlan): boolean {
  return inOrder(unread(one)) === inOrder(unread(other));
}

const untyped = (plan: SweepPlan) => ({
  ...plan,
  seeds: null,
  changes: null,
  varied: plan.kind === 'own' ? (plan.varied?.setting ?? null) : null,
});

/** Whether two plans differ at most in what is typed in, letter by letter: seeds, values and changed settings. */
export function sameChoices(one: SweepPlan, other: SweepPlan): boolean {
  return inOrder(untyped(one)) === inOrder(untyped(other));
}

/** The settings that a plan may change. One that is varied is not changed besides. */
export function changeableOf(plan: SweepPlan): readonly ChangeableSetting[] {
  if (plan.kind === 'table') return changeableSettings;
  return ownChangeableSettings.filter((name) => name !== plan.varied?.setting);
}

/** A plan's change of a setting; null where it has none. */
export function changeOf({ changes }: SweepPlan, name: ChangeableSetting): number | null {
  return (changes as Partial<Record<ChangeableSetting, number | null>>)[name] ?? null;
}

/** The plan with another change of a setting; null if the setting does not allow the value. */
export function withChange<P extends SweepPlan>(plan: P, name: ChangeableSetting, value: number | null): P | null {
  const schema = settingsSchema.shape[name];
  if (value !== null && !schema.safeParse(value).success) return null;
  return { ...plan, changes: { ...plan.changes, [name]: value } };
}

/** The values that the rows of a plan have of a setting if it does not change it, each once. */
export function usualOf(plan: SweepPlan, name: ChangeableSetting): number[] {
  const rows =
    plan.kind === 'table'
      ? rowsOf(plan.table).map(({ config }) => config)
      : (plan.methods.length > 0 ? plan.methods : methodsOf(plan.scenario))
          .filter((method) => !isIdle(name, method))
          .map((method) => presetConfig(plan.scenario, method));
  return [...new Set(rows.map((config) => config[name]))];
}

/** How the runs of a plan differ from the paper's: "samples per task 100, not 1,000"; empty if they do not. */
export function changesFromPaper(plan: SweepPlan): string[] {
  return changeableOf(plan).flatMap((name) => {
    const value = changeOf(plan, name);
    const papers = usualOf(plan, name).filter((usual) => usual !== value);
    if (value === null || papers.length === 0) return [];
    const usual = list(papers.map(amount), 'disjunction');
    return [say(`experiments.changed.${name}`, { value: amount(value), usual })];
  });
}
