import { allowedValues, backendNames, settingsSchema } from '../core/config.ts';
import { tableIds } from '../core/paperRow.ts';
import { addressParts, shortened, viewOf } from './addressParts.ts';
import {
  allowedSeeds,
  changeableSettings,
  defaultPlan,
  parseSeedRange,
  rowName,
  rowsOf,
  seedRangeText,
  type SweepPlan,
} from './sweepPlan.ts';

/** A setting that was read, or what is allowed instead. */
type Read<T> = { readonly value: T } | { readonly allowed: string };

/** How an address writes one part of a plan. */
interface PlanField<K extends keyof SweepPlan> {
  readonly key: string;
  readonly write: (value: SweepPlan[K]) => string;
  readonly read: (text: string, plan: SweepPlan) => Read<SweepPlan[K]>;
}

function oneOf<T extends string | number>(text: string, allowed: readonly T[]): Read<T> {
  const value = allowed.find((option) => String(option) === text);
  return value === undefined ? { allowed: `one of ${allowed.join(', ')}` } : { value };
}

const fields: { readonly [K in Exclude<keyof SweepPlan, 'changes'>]: PlanField<K> } = {
  table: { key: 'table', write: String, read: (text) => oneOf(text, tableIds) },
  rows: {
    key: 'rows',
    write: (rows) => rows.join(','),
    read(text, { table }) {
      const names = rowsOf(table).map(rowName);
      const wanted = text === '' ? [] : text.split(',');
      const value = names.filter((name) => wanted.includes(name));
      return wanted.every((name) => names.includes(name)) ? { value } : { allowed: `some of ${names.join(', ')}` };
    },
  },
  seeds: {
    key: 'seeds',
    write: seedRangeText,
    read(text) {
      const value = parseSeedRange(text);
      return value === null ? { allowed: allowedSeeds } : { value };
    },
  },
  backend: { key: 'backend', write: String, read: (text) => oneOf(text, ['auto', ...backendNames]) },
};

const changeKeys = {
  samplesPerTask: 'samples-per-task',
  hidden: 'hidden',
  filters: 'filters',
  learningRate: 'learning-rate',
} as const;
const keys = ['view', ...Object.values(fields).map(({ key }) => key), ...Object.values(changeKeys)];

/** Whether an address belongs to the Experiments view. */
export function isSweepAddress(hash: string): boolean {
  return viewOf(hash) === 'experiments';
}

/** A plan as the part of an address after `#`. Settings without a change are left out. */
export function writePlan(plan: SweepPlan): string {
  const { table, rows, seeds, backend } = fields;
  const changes = changeableSettings.flatMap((name) => {
    const value = plan.changes[name];
    return value === null ? [] : [`${changeKeys[name]}=${value}`];
  });
  return [
    'view=experiments',
    `${table.key}=${table.write(plan.table)}`,
    `${rows.key}=${rows.write(plan.rows)}`,
    `${seeds.key}=${seeds.write(plan.seeds)}`,
    ...changes,
    `${backend.key}=${backend.write(plan.backend)}`,
  ].join('&');
}

/**
 * Reads a text of {@link writePlan}, as it was written or as a person changed it. Missing and wrong parts are as in the
 * table's default plan, with a sentence for each wrong one. Never throws.
 *
 * @returns the plan, null if the address has no part of one; and what was wrong with it
 */
export function readPlan(hash: string): { plan: SweepPlan | null; problems: string[] } {
  const { texts, problems } = addressParts(hash, keys, {
    one: 'is no part of a sweep',
    several: 'are no parts of a sweep',
    instead: keys.join(', '),
  });
  if ([...texts.keys()].every((key) => key === 'view')) return { plan: null, problems };

  function wrong(key: string, text: string | null, allowed: string): void {
    const found = shortened(text ?? 'a very long text');
    problems.push(`The address has ${key}=${found}; allowed is ${allowed}. The default is used.`);
  }
  function read<K extends keyof typeof fields>(name: K, plan: SweepPlan): SweepPlan[K] {
    const field: PlanField<K> = fields[name];
    const text = texts.get(field.key);
    if (text === undefined) return plan[name];
    const result = text === null ? { allowed: 'a shorter text' } : field.read(text, plan);
    if ('value' in result) return result.value;
    wrong(field.key, text, result.allowed);
    return plan[name];
  }

  const start = defaultPlan(read('table', defaultPlan(1)));
  const changes = { ...start.changes };
  for (const name of changeableSettings) {
    const text = texts.get(changeKeys[name]);
    if (text === undefined) continue;
    const schema = settingsSchema.shape[name];
    const result = schema.safeParse(text === null || text.trim() === '' ? NaN : Number(text));
    if (result.success) changes[name] = result.data;
    else wrong(changeKeys[name], text, allowedValues(schema));
  }
  const plan: SweepPlan = {
    ...start,
    rows: read('rows', start),
    seeds: read('seeds', start),
    backend: read('backend', start),
    changes,
  };
  return { plan, problems };
}
