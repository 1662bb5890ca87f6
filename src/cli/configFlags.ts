import {
  allowedValues,
  defaultExperiment,
  presetConfig,
  type RunConfig,
  runConfigSchema,
  scenarioNames,
  type Settings,
} from '../core/config.ts';
import { isIdle, type MethodName, methodNames, methodsOf } from '../core/methods.ts';
import { paperRows, tableIds } from '../core/paperRow.ts';
import { scenarios } from '../core/scenarios.ts';
import { tableFormats } from '../core/tableFormats.ts';
import type { ReadDatasetOptions } from './data/readDataset.ts';
import { type Flag, UsageError } from './flags.ts';

type FieldName = keyof RunConfig;

/** Numbers as people write them; hexadecimal, "Infinity" and the empty text are not allowed. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The flag of a field: `memoryPerClass` is set by `--memory-per-class`. */
export function flagName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const fieldNames = Object.keys(runConfigSchema.shape) as FieldName[];

/** The value of a field without a flag: one value, or several by scenario and method. */
function presetWords(field: FieldName): string {
  if (field === 'method') return 'er if left out';
  const heeding = presets.filter(({ method }) => !isIdle(field, method));
  const values = [...new Set(heeding.map((run) => String(run[field])))];
  if (field === 'scenario' || values.length === 1) return `${values[0]} if left out`;
  const inOrder = values.toSorted((one, other) => Number(one) - Number(other));
  return `by scenario and method if left out, ${inOrder.join(' or ')}`;
}

const presets = scenarioNames.flatMap((scenario) =>
  methodsOf(scenario).map((method) => presetConfig(scenario, method)),
);

/** One flag per RunConfig field, derived from its schema. */
export const runConfigFlags: readonly Flag[] = fieldNames.map((field) => ({
  name: flagName(field),
  value: field === 'method' ? 'NAME[,NAME…]' : decimal.test(String(presets[0][field])) ? 'N' : 'NAME',
  help: `${allowedValues(runConfigSchema.shape[field])}; ${presetWords(field)}`,
}));

function parseField(field: FieldName, text: string): unknown {
  const schema = runConfigSchema.shape[field];
  const readings = decimal.test(text) ? [text, Number(text)] : [text];
  for (const reading of readings) {
    const result = schema.safeParse(reading);
    if (result.success) return result.data;
  }
  throw new UsageError(`--${flagName(field)} is "${text}"; allowed is ${allowedValues(schema)}.`);
}

/**
 * The configurations that the flags describe, one for each named method: the method's own for the scenario, with the
 * fields that have a flag changed.
 *
 * @param values given flags, by name; names that are no RunConfig field are skipped
 * @throws UsageError that names flag, value and what is allowed
 */
export function runConfigsOf(values: ReadonlyMap<string, string>): RunConfig[] {
  const given = givenFields(values);
  const named = namedMethods(values);
  const { scenario = defaultExperiment.scenario } = given;
  const possible = methodsOf(scenario);
  const impossible = named.filter((method) => !possible.includes(method));
  if (impossible.length > 0) {
    throw new UsageError(
      `--method is "${named.join(',')}", but ${scenario} rules out ${impossible.join(', ')}; allowed there is one of ${possible.join(', ')}.`,
    );
  }
  if (given.classOrderSeed !== undefined && !scenarios[scenario].splitsClasses) {
    throw new UsageError(
      `--class-order-seed is "${given.classOrderSeed}", but ${scenario} brings every class in every task; leave it out there.`,
    );
  }
  return named.map((method) => presetConfig(scenario, method, given));
}

/**
 * The fields that have a flag, without the method.
 *
 * @throws UsageError that names flag, value and what is allowed
 */
export function givenFields(values: ReadonlyMap<string, string>): Partial<Settings> {
  const given: Record<string, unknown> = {};
  for (const field of fieldNames) {
    const text = values.get(flagName(field));
    if (text !== undefined && field !== 'method') given[field] = parseField(field, text);
  }
  return given;
}

/**
 * The methods that `--method` names, separated by commas.
 *
 * @throws UsageError for an unknown or repeated method, or more than four
 */
function namedMethods(values: ReadonlyMap<string, string>): MethodName[] {
  const text = values.get('method') ?? 'er';
  const names = text.split(',').map((name) => name.trim());
  const methods = methodNames.filter((name) => names.includes(name));
  if (methods.length !== names.length || names.length > 4) {
    throw new UsageError(
      `--method is "${text}"; allowed is 1 to 4 different ones of ${methodNames.join(', ')}, separated by commas.`,
    );
  }
  return names as MethodName[];
}

/** The flags of every command that trains on a dataset of the user's own. */
export const dataFlags: readonly Flag[] = [
  {
    name: 'data',
    value: 'PATH',
    help: 'files of your own, as the page takes them: a folder, zip or archive of IDX files, of CIFAR-10’s binary version, or of images with train.csv, val.csv and test.csv',
  },
  { name: 'use-partial-data', value: null, help: 'go on with what is whole of that data, if not all of it is' },
];

/**
 * What the flags say.
 *
 * @throws UsageError for an empty path
 */
export function dataOptions(values: ReadonlyMap<string, string>): ReadDatasetOptions {
  const data = values.get('data');
  if (data === '') throw new UsageError('--data is ""; allowed is a folder, a zip or an archive.');
  return { ...(data === undefined ? {} : { data }), usePartial: values.has('use-partial-data') };
}

/** The flag of every command that writes files. */
export const overwriteFlag: Flag = {
  name: 'overwrite',
  value: null,
  help: 'replace what the named files hold, whatever it is',
};

/** The flag of every command that joins runs. */
export const allowMixedFlag: Flag = {
  name: 'allow-mixed',
  value: null,
  help: 'join runs of different versions, backends or data, or methods of which one was changed; every output then says so',
};

const methodsInTables = methodNames.filter((method) => paperRows.some(({ config }) => config.method === method));

/** The flags that only tables have. */
export const tableFlags: readonly Flag[] = [
  { name: 'table', value: 'N', help: `rebuild a table of the paper, one of ${tableIds.join(', ')}` },
  { name: 'rows', value: 'NAME,…', help: `with --table: only these methods, of ${methodsInTables.join(', ')}` },
  {
    name: 'group',
    value: 'TEXT',
    help: 'with --table: only the rows of this group, for example "Split MNIST" or "M = 100"',
  },
  {
    name: 'format',
    value: 'NAME',
    help: `with --table: print it as one of ${tableFormats.join(', ')}; markdown if left out`,
  },
];
