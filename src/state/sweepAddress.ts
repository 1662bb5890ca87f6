import { backendNames, scenarioNames, settingsSchema, presetConfig, type ScenarioName } from '../core/config.ts';
import { type MethodName, methodsOf, methods } from '../core/methods.ts';
import { type TableId, tableIds } from '../core/paperTable.ts';
import { list as words } from '../texts/numbers.ts';
import { say } from '../texts/say.ts';
import { addressParts, allowedWords, viewOf, wrongPart } from './addressParts.ts';
import {
  allowedSeeds,
  boardCharts,
  boardColumns,
  changeableOf,
  type ChangeableSetting,
  changeOf,
  defaultPlan,
  measureKeys,
  type OwnPlan,
  parseSeedRange,
  rowName,
  rowsOf,
  seedRangeText,
  type SweepPlan,
  type TablePlan,
  variedSettings,
  withChange,
  mostValues,
  ownChangeableSettings,
  ownChangesSchema,
  type VariedSetting,
  variedSchema,
} from './sweepPlan.ts';
import type { Family } from '../core/catalogue/methodEntry.ts';

/** Families whose methods take seconds a run where the network is small. */
const quick: readonly Family[] = ['plain', 'replay'];

/** The reference for a choice of methods: the baseline that most of them have among them; null without methods. */
export function usualReference(chosen: readonly MethodName[]): MethodName | null {
  const votes = (name: MethodName) => chosen.filter((method) => methods[method].baseline === name).length;
  const best = chosen.reduce<MethodName | null>(
    (found, name) => (found === null || votes(name) > votes(found) ? name : found),
    null,
  );
  return best;
}

/** An own comparison that takes minutes rather than hours: what replays, and what does not, with three seeds. */
export function defaultOwnPlan(scenario: ScenarioName): OwnPlan {
  const chosen = methodsOf(scenario).filter((method) => quick.includes(methods[method].family));
  return {
    kind: 'own',
    scenario,
    methods: chosen,
    varied: null,
    seeds: { first: 0, last: 2 },
    changes: ownChangesSchema.parse(Object.fromEntries(ownChangeableSettings.map((name) => [name, null]))),
    backend: 'auto',
    view: {
      reference: usualReference(chosen),
      sort: 'averageAccuracy',
      descending: true,
      chart: 'scatter',
      measure: 'averageForgetting',
    },
  };
}

/** The same comparison of other methods, or in another scenario, whose methods that it has stay; default ones if none does. */
export function ownPlanOf(plan: OwnPlan, change: Partial<Pick<OwnPlan, 'scenario' | 'methods'>>): OwnPlan {
  const scenario = change.scenario ?? plan.scenario;
  const possible = (change.methods ?? plan.methods).filter((method) => methodsOf(scenario).includes(method));
  const chosen = possible.length === 0 && change.methods === undefined ? defaultOwnPlan(scenario).methods : possible;
  const { reference } = plan.view;
  return {
    ...plan,
    scenario,
    methods: chosen,
    view: {
      ...plan.view,
      reference: reference !== null && !chosen.includes(reference) ? usualReference(chosen) : reference,
    },
  };
}

/** Values of a varied setting around what the scenario's methods have: a tenth to double, or a hundredth to three times. */
export function usualValues(scenario: ScenarioName, setting: VariedSetting): number[] {
  const usual = presetConfig(scenario, 'er')[setting];
  const factors = setting === 'memoryPerClass' ? [0.1, 0.2, 0.4, 1, 2] : [0.1, 0.2, 0.5, 1, 2];
  return factors.map((factor) => Number((usual * factor).toPrecision(3)));
}

/** The texts that {@link parseValues} takes, in words. */
export function allowedOfValues(setting: VariedSetting): string {
  return say('address.values', { most: mostValues, allowed: allowedWords(settingsSchema.shape[setting]) });
}

/** Reads "0.01, 0.1" as values of a setting, the smallest first; null if they are not. */
export function parseValues(text: string, setting: VariedSetting): OwnPlan['varied'] {
  const numbers = text.split(',', mostValues + 1).map((part) => (part.trim() === '' ? NaN : Number(part)));
  const values = [...new Set(numbers)].sort((one, other) => one - other);
  const result = variedSchema.safeParse({ setting, values });
  return result.success && values.length === numbers.length ? result.data : null;
}

/** A plan with one part as an address has it, or what is allowed instead. */
type Read<P> = { readonly plan: P } | { readonly allowed: string };

/** How an address writes one part of a plan. */
interface PlanField<P extends SweepPlan> {
  readonly key: string;
  /** Null where the plan has nothing to say. */
  readonly write: (plan: P) => string | null;
  readonly read: (text: string, plan: P) => Read<P>;
}

function oneOf<T extends string | number>(text: string, allowed: readonly T[]): T | undefined {
  return allowed.find((option) => String(option) === text);
}

/** A part that is one of a few words. */
function choice<P extends SweepPlan, T extends string | number>(
  key: string,
  allowed: (plan: P) => readonly T[],
  get: (plan: P) => T | null,
  set: (plan: P, value: T) => P,
): PlanField<P> {
  return {
    key,
    write(plan) {
      const value = get(plan);
      return value === null ? null : String(value);
    },
    read(text, plan) {
      const value = oneOf(text, allowed(plan));
      return value === undefined
        ? { allowed: say('address.oneOf', { names: allowed(plan).join(', ') }) }
        : { plan: set(plan, value) };
    },
  };
}

/** A part that is a list of words, each once. */
function list<P extends SweepPlan, T extends string>(
  key: string,
  allowed: (plan: P) => readonly T[],
  get: (plan: P) => readonly T[],
  set: (plan: P, values: readonly T[]) => P,
): PlanField<P> {
  return {
    key,
    write: (plan) => get(plan).join(','),
    read(text, plan) {
      const wanted = text === '' ? [] : [...new Set(text.split(','))];
      const names = allowed(plan);
      const known = new Set<string>(names);
      return wanted.every((name) => known.has(name))
        ? { plan: set(plan, wanted as T[]) }
        : { allowed: say('address.someOf', { names: names.join(', ') }) };
    },
  };
}

function seedsField<P extends SweepPlan>(): PlanField<P> {
  return {
    key: 'seeds',
    write: ({ seeds }) => seedRangeText(seeds),
    read(text, plan) {
      const seeds = parseSeedRange(text);
      return seeds === null ? { allowed: allowedSeeds() } : { plan: { ...plan, seeds } };
    },
  };
}

function backendField<P extends SweepPlan>(): PlanField<P> {
  return choice<P, SweepPlan['backend']>(
    'backend',
    () => ['auto', ...backendNames],
    ({ backend }) => backend,
    (plan, backend) => ({ ...plan, backend }),
  );
}

const changeKeys: Readonly<Record<ChangeableSetting, string>> = {
  samplesPerTask: 'samples-per-task',
  hidden: 'hidden',
  filters: 'filters',
  learningRate: 'learning-rate',
  memoryPerClass: 'memory-per-class',
  iterations: 'iterations',
  candidates: 'candidates',
  budget: 'budget',
};

function changeFields<P extends SweepPlan>(names: readonly ChangeableSetting[]): PlanField<P>[] {
  return names.map((name) => ({
    key: changeKeys[name],
    write(plan) {
      const value = changeOf(plan, name);
      return value === null ? null : String(value);
    },
    read(text, plan) {
      const changed = withChange(plan, name, text.trim() === '' ? NaN : Number(text));
      return changed === null ? { allowed: allowedWords(settingsSchema.shape[name]) } : { plan: changed };
    },
  }));
}

const tableKey = 'table';
/** What stands for an own comparison in the place of a table of the paper. */
const own = 'own';

/** Every part of a sweep of a table, in the order in which an address has them. */
const tableFields: readonly PlanField<TablePlan>[] = [
  list(
    'rows',
    ({ table }) => rowsOf(table).map(rowName),
    ({ rows }) => rows,
    (plan, wanted) => ({
      ...plan,
      rows: rowsOf(plan.table)
        .map(rowName)
        .filter((name) => wanted.includes(name)),
    }),
  ),
  seedsField(),
  ...changeFields<TablePlan>(changeableOf(defaultPlan(1))),
  backendField(),
];

const none = 'none';

function setView(plan: OwnPlan, change: Partial<OwnPlan['view']>): OwnPlan {
  return { ...plan, view: { ...plan.view, ...change } };
}

const variedKeys = variedSettings.map((name) => changeKeys[name]);
const variedOf = (key: string) => variedSettings.find((name) => changeKeys[name] === key);

/** Every part of an own comparison. Each may count on those before it. */
const ownFields: readonly PlanField<OwnPlan>[] = [
  choice(
    'scenario',
    () => scenarioNames,
    ({ scenario }) => scenario,
    (_, scenario) => defaultOwnPlan(scenario),
  ),
  list<OwnPlan, MethodName>(
    'methods',
    ({ scenario }) => methodsOf(scenario),
    ({ methods }) => methods,
    (plan, methods) => ownPlanOf(plan, { methods: [...methods] }),
  ),
  seedsField(),
  choice(
    'vary',
    () => variedKeys,
    ({ varied }) => (varied === null ? null : changeKeys[varied.setting]),
    (plan, key) => {
      const setting = variedOf(key);
      if (setting === undefined) return plan;
      return { ...plan, varied: parseValues(usualValues(plan.scenario, setting).join(), setting) };
    },
  ),
  {
    key: 'values',
    write: ({ varied }) => varied?.values.join(',') ?? null,
    read(text, plan) {
      if (plan.varied === null)
        return {
          allowed: say('address.nothingWithoutVary', {
            keys: words(
              variedKeys.map((key) => `vary=${key}`),
              'disjunction',
            ),
          }),
        };
      const { setting } = plan.varied;
      const varied = parseValues(text, setting);
      return varied === null ? { allowed: allowedOfValues(setting) } : { plan: { ...plan, varied } };
    },
  },
  ...changeFields<OwnPlan>(changeableOf(defaultOwnPlan('split-mnist'))),
  backendField(),
  choice<OwnPlan, string>(
    'reference',
    ({ methods }) => [none, ...methods],
    ({ view }) => view.reference ?? none,
    (plan, name) => setView(plan, { reference: plan.methods.find((method) => method === name) ?? null }),
  ),
  {
    key: 'sort',
    write: ({ view }) => `${view.descending ? '-' : ''}${view.sort}`,
    read(text, plan) {
      const sort = oneOf(text.replace(/^-/, ''), boardColumns);
      if (sort === undefined) return { allowed: say('address.sort', { names: boardColumns.join(', ') }) };
      return { plan: setView(plan, { sort, descending: text.startsWith('-') }) };
    },
  },
  choice(
    'chart',
    () => boardCharts,
    ({ view }) => view.chart,
    (plan, chart) => setView(plan, { chart }),
  ),
  choice(
    'measure',
    () => measureKeys,
    ({ view }) => view.measure,
    (plan, measure) => setView(plan, { measure }),
  ),
];

const keysOf = (fields: readonly { readonly key: string }[]) => fields.map(({ key }) => key);
const keys = [...new Set(['view', tableKey, ...keysOf(tableFields), ...keysOf(ownFields)])];

/** Whether an address belongs to the Experiments view. */
export function isSweepAddress(hash: string): boolean {
  return viewOf(hash) === 'experiments';
}

function written<P extends SweepPlan>(fields: readonly PlanField<P>[], plan: P): string[] {
  return fields.flatMap(({ key, write }) => {
    const text = write(plan);
    return text === null ? [] : [`${key}=${text}`];
  });
}

/** A plan as the part of an address after `#`. Settings without a change are left out. */
export function writePlan(plan: SweepPlan): string {
  const parts = plan.kind === 'own' ? written(ownFields, plan) : written(tableFields, plan);
  return ['view=experiments', `${tableKey}=${plan.kind === 'own' ? own : plan.table}`, ...parts].join('&');
}

/**
 * Reads a text of {@link writePlan}, as it was written or as a person changed it. Missing and wrong parts are as in the
 * default plan, with a sentence for each wrong one. Never throws.
 *
 * @returns the plan, null if the address has no part of one; and what was wrong with it
 */
export function readPlan(hash: string): { plan: SweepPlan | null; problems: string[] } {
  const { texts, problems } = addressParts(hash, keys, 'sweep', keys.join(', '));
  if ([...texts.keys()].every((key) => key === 'view')) return { plan: null, problems };

  function wrong(key: string, text: string | null, allowed: string): void {
    problems.push(wrongPart(key, text, allowed, say('address.default')));
  }
  function filled<P extends SweepPlan>(start: P, fields: readonly PlanField<P>[]): P {
    const known = new Set(['view', tableKey, ...keysOf(fields)]);
    const strays = [...texts.keys()].filter((key) => !known.has(key));
    if (strays.length > 0) {
      const names = strays.join(', ');
      problems.push(
        start.kind === 'own'
          ? say('address.onlyTables', { names })
          : say('address.onlyOwn', { names, key: tableKey, own }),
      );
    }
    return fields.reduce((plan, { key, read }) => {
      const text = texts.get(key);
      if (text === undefined) return plan;
      const result: Read<P> = text === null ? { allowed: say('address.shorterText') } : read(text, plan);
      if ('plan' in result) return result.plan;
      wrong(key, text, result.allowed);
      return plan;
    }, start);
  }

  const text = texts.get(tableKey);
  if (text === own) return { plan: filled(defaultOwnPlan('split-mnist'), ownFields), problems };
  const table: TableId | undefined = typeof text === 'string' ? oneOf(text, tableIds) : undefined;
  if (text !== undefined && table === undefined)
    wrong(tableKey, text, say('address.oneOf', { names: [...tableIds, own].join(', ') }));
  return { plan: filled(defaultPlan(table ?? 1), tableFields), problems };
}
