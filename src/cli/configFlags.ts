import { parseArgs } from 'node:util';
import { closest, distance } from 'fastest-levenshtein';
import {
  allowedValues,
  defaultExperiment,
  presetConfig,
  retrievalNames,
  type RunConfig,
  runConfigSchema,
  scenarioNames,
  type Settings,
} from '../core/config.ts';
import { isIdle, type MethodName, methodNames, methods, methodsOf } from '../core/methods.ts';
import { paperRows, tableIds } from '../core/paperTable.ts';
import { scenarios } from '../core/scenarios.ts';
import { tableFormats } from '../core/tableFormats.ts';
import type { ReadDatasetOptions } from './data/readDataset.ts';

/**
 * A command that cannot be carried out as it was given: a bad flag or value, an unreadable file, a missing backend. The
 * message is one sentence that says what was wrong, what was found and what to do. The process ends with exit code 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The name that a mistyped word probably meant, or null if none is close (within a third of its letters). */
function nearestName(typed: string, names: readonly string[]): string | null {
  const nearest = closest(typed, names);
  return distance(typed, nearest) <= Math.ceil(typed.length / 3) ? nearest : null;
}

/** One flag of a command. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for the value in the help, for example "N"; null for a flag that takes none. */
  readonly value: string | null;
  readonly help: string;
}

/** A command line, taken apart. */
interface CommandLine {
  /** What was given, by flag name; a flag without a value has the empty string. */
  readonly values: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

const helpFlag: Flag = { name: 'help', value: null, help: 'print this text' };

/**
 * Takes a command line apart. `--help` is always known.
 *
 * @param argv the arguments after the command's own name
 * @param flags the flags that the command knows
 * @throws UsageError for an unknown flag, a missing value, a value where none belongs, or a repeated flag
 */
export function readFlags(argv: readonly string[], flags: readonly Flag[]): CommandLine {
  const known = new Map([...flags, helpFlag].map((flag) => [flag.name, flag]));
  const options = Object.fromEntries(
    [...known.values()].map(({ name, value }) => [
      name,
      { type: value === null ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.get(token.name);
    if (flag === undefined || token.rawName !== `--${token.name}`) throw unknownFlag(token.rawName, [...known.keys()]);
    if (values.has(flag.name)) throw new UsageError(`--${flag.name} is given twice; give it once.`);
    if (flag.value === null && token.value !== undefined) {
      throw new UsageError(`--${flag.name} takes no value, but "${token.value}" was given; leave the value out.`);
    }
    if (flag.value !== null && (token.value === undefined || token.value.startsWith('--'))) {
      throw new UsageError(`--${flag.name} has no value; write --${flag.name} ${flag.value} (${flag.help}).`);
    }
    values.set(flag.name, token.value ?? '');
  }
  return { values, positionals };
}

function unknownFlag(rawName: string, names: readonly string[]): UsageError {
  const near = nearestName(rawName.replace(/^-+/, ''), names);
  const all = names.map((name) => `--${name}`).join(', ');
  return new UsageError(
    `${rawName} is not a flag of this command; ${near === null ? `there are ${all}` : `did you mean --${near}`}${near === null ? '.' : '?'}`,
  );
}

/** The help of a command: a usage line, then one line per flag. */
export function helpText(usage: string, flags: readonly Flag[]): string {
  const left = (flag: Flag) => `  --${flag.name}${flag.value === null ? '' : ` ${flag.value}`}`;
  const all = [...flags, helpFlag];
  const width = Math.max(...all.map((flag) => left(flag).length)) + 2;
  return [usage, '', ...all.map((flag) => left(flag).padEnd(width) + flag.help)].join('\n');
}

/** Backends that run in Node; webgl needs a browser. */
export const nodeBackendNames = ['wasm', 'cpu', 'webgpu'] as const;
export type NodeBackendName = (typeof nodeBackendNames)[number];

/**
 * The backend that `--backend` names; wasm if the flag is missing.
 *
 * @throws UsageError if Node has no such backend
 */
export function parseNodeBackend(text: string | undefined): NodeBackendName {
  if (text === undefined) return 'wasm';
  const name = nodeBackendNames.find((known) => known === text);
  if (name === undefined)
    throw new UsageError(`--backend is "${text}"; allowed is one of ${nodeBackendNames.join(', ')}.`);
  return name;
}

/** The largest seed of a run (config.ts). */
const largestSeed = 2 ** 31 - 1;
const mostSeeds = 10_000;

/**
 * The seeds that `--seeds` names: "3" means 0, 1, 2 and "4-6" means 4, 5, 6.
 *
 * @throws UsageError if the text is neither, or names none or more than 10,000 seeds
 */
export function parseSeeds(text: string): number[] {
  const allowed = 'allowed is a count such as 3 (seeds 0, 1, 2) or a range such as 4-6, at most 10,000 seeds';
  const count = /^\d{1,10}$/.exec(text);
  const range = /^(\d{1,10})-(\d{1,10})$/.exec(text);
  const first = range === null ? 0 : Number(range[1]);
  const last = range === null ? Number(text) - 1 : Number(range[2]);
  if ((count === null && range === null) || last < first || last - first >= mostSeeds || last > largestSeed) {
    throw new UsageError(`--seeds is "${text}"; ${allowed}.`);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/**
 * The part that a task of a Slurm array takes: `sbatch --array=1-8` is eight parts. Slurm counts only the tasks of one
 * submission, so that a part that is repeated by itself (`--array=3`) would count as all of them; it has to be told how
 * many there are.
 *
 * @throws UsageError outside an array, in an array with gaps, and in one of a single task
 */
export function slurmShard(environment: Readonly<Record<string, string | undefined>>): string {
  const number = (name: string) => {
    const text = environment[`SLURM_ARRAY_TASK_${name}`] ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  };
  const [id, first, last, count] = ['ID', 'MIN', 'MAX', 'COUNT'].map(number);
  if (!Number.isFinite(id + first + last + count)) {
    throw new UsageError(
      '--shard is "slurm", but this is no task of a Slurm array; submit it with sbatch --array=1-8, or write --shard i/n.',
    );
  }
  if (count === 1) {
    throw new UsageError(
      `--shard is "slurm", but the array has one task, ${id}, and does not tell how many parts there are; write --shard ${id}/n, with n as before.`,
    );
  }
  if (last - first + 1 !== count || first > 1) {
    throw new UsageError(
      `--shard is "slurm", but the array has ${count} tasks from ${first} to ${last}, as if some parts were left out; write --shard ${id}/n, with n as before.`,
    );
  }
  return `${id - first + 1}/${count}`;
}

/**
 * The part of the seeds, or of a table's runs, that one machine takes: "2/4" takes every fourth, starting with the
 * second. The shards 1/n … n/n do not overlap and leave none out.
 *
 * @throws UsageError if the text is not i/n with 1 ≤ i ≤ n, or leaves nothing to run
 */
export function shardOf<T>(all: readonly T[], given: string): T[] {
  const text = given === 'slurm' ? slurmShard(process.env) : given;
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) {
    throw new UsageError(
      `--shard is "${text}"; allowed is i/n with i from 1 to n, such as 2/4, or slurm in a Slurm array.`,
    );
  }
  const own = all.filter((_, position) => position % count === index - 1);
  if (own.length === 0) {
    throw new UsageError(
      `--shard is "${text}", which leaves none of ${all.length} to run; use at most ${all.length} shards.`,
    );
  }
  return own;
}

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
  const named = retrievingBy(values.get('retrieval'), namedMethods(values));
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
 * @throws UsageError for an unknown or repeated method
 */
function namedMethods(values: ReadonlyMap<string, string>): MethodName[] {
  const text = values.get('method') ?? 'er';
  const names = text.split(',').map((name) => name.trim());
  const known = methodNames.filter((name) => names.includes(name));
  if (known.length !== names.length) {
    throw new UsageError(
      `--method is "${text}"; allowed is one or more different ones of ${methodNames.join(', ')}, separated by commas.`,
    );
  }
  return names as MethodName[];
}

/** The flag of a command whose methods may be named by what they have in common. */
export const retrievalFlag: Flag = {
  name: 'retrieval',
  value: 'NAME',
  help: `${retrievalNames.join(' or ')}: take every named method with this retrieval, er-mir for er with mir; for methods that there are with both`,
};

/**
 * The methods that stand for the named ones with a retrieval.
 *
 * @throws UsageError for an unknown retrieval, a method that there is not with both, or two that become one
 */
function retrievingBy(text: string | undefined, named: readonly MethodName[]): readonly MethodName[] {
  if (text === undefined) return named;
  const retrieval = retrievalNames.find((name) => name === text);
  if (retrieval === undefined)
    throw new UsageError(`--retrieval is "${text}"; allowed is ${retrievalNames.join(' or ')}.`);
  const taken = named.map((name) => {
    const { counterpart } = methods[name];
    if (counterpart !== null) return methods[name].retrieval === retrieval ? name : counterpart;
    const paired = methodNames.filter((other) => methods[other].counterpart !== null);
    throw new UsageError(
      `--retrieval is "${text}", which says nothing for ${name}; leave it out, or name some of ${paired.join(', ')}.`,
    );
  });
  const twice = taken.find((name, index) => taken.indexOf(name) < index);
  if (twice === undefined) return taken;
  throw new UsageError(
    `--retrieval is "${text}", with which --method "${named.join(',')}" has ${twice} twice; leave --retrieval out.`,
  );
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
