import {
  allowedValues,
  defaultSettings,
  type MethodName,
  methodNames,
  type RunConfig,
  runConfigSchema,
  scenarioSettings,
} from '../core/config.ts';
import { tableIds } from '../core/paperRow.ts';
import { presetConfig } from '../core/presets.ts';
import { tableFormats } from '../core/tableFormats.ts';
import type { ReadDatasetOptions } from './data/readDataset.ts';
import { type Flag, UsageError } from './flags.ts';

type FieldName = keyof RunConfig;

const defaults: RunConfig = { ...defaultSettings, method: 'er' };

/** Written as people write numbers; hexadecimal, "Infinity" and the empty text are left out. */
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The flag of a field: `memoryPerClass` is set by `--memory-per-class`. */
export function flagName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const fieldNames = Object.keys(runConfigSchema.shape) as FieldName[];

/** One flag per RunConfig field, derived from its schema. */
export const runConfigFlags: readonly Flag[] = fieldNames.map((field) => ({
  name: flagName(field),
  value: field === 'method' ? 'NAME[,NAME…]' : decimal.test(String(defaults[field])) ? 'N' : 'NAME',
  help: `${allowedValues(runConfigSchema.shape[field])}; ${String(defaults[field])} if left out`,
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
 * The configuration that the flags describe; fields without a flag are the scenario's and, if it
 * is named alone, the method's own; the method is the first one named.
 *
 * @param values given flags, by name; names that are no RunConfig field are skipped
 * @throws UsageError that names flag, value and what is allowed
 */
export function runConfigOf(values: ReadonlyMap<string, string>): RunConfig {
  const given = givenFields(values);
  const methods = methodsOf(values);
  const [method] = methods;
  const scenario = (given['scenario'] ?? defaults.scenario) as RunConfig['scenario'];
  // Methods that run side by side share their settings, so none of them brings its own.
  const preset = methods.length === 1 ? presetConfig(scenario, method) : { ...scenarioSettings(scenario), method };
  return runConfigSchema.parse({ ...preset, ...given, method });
}

/**
 * The fields that have a flag, but for the method.
 *
 * @throws UsageError that names flag, value and what is allowed
 */
export function givenFields(values: ReadonlyMap<string, string>): Record<string, unknown> {
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
export function methodsOf(values: ReadonlyMap<string, string>): MethodName[] {
  const text = values.get('method') ?? defaults.method;
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
    help: 'split-miniimagenet: a folder or zip of images with train.csv, val.csv and test.csv; others: a folder of prepared files',
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
  if (data === '') throw new UsageError('--data is ""; allowed is a folder, or a zip of images.');
  return { ...(data === undefined ? {} : { data }), usePartial: values.has('use-partial-data') };
}

/** The flags that only tables have. */
export const tableFlags: readonly Flag[] = [
  { name: 'table', value: 'N', help: `rebuild a table of the paper, one of ${tableIds.join(', ')}` },
  { name: 'rows', value: 'NAME,…', help: `with --table: only these methods, of ${methodNames.join(', ')}` },
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
