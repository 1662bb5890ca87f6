import type { RunConfig } from '../core/config.ts';
import { changedRow, type PaperRow, paperRows, type TableId, tableIds } from '../core/paperTable.ts';
import { type CsvFormat, csvFormats } from '../core/csv.ts';
import { type TableFormat, tableFormats } from '../core/tableFormats.ts';
import {
  allowMixedFlag,
  dataFlags,
  dataOptions,
  givenFields,
  overwriteFlag,
  runConfigFlags,
  runConfigsOf,
  tableFlags,
  type Flag,
  type NodeBackendName,
  nodeBackendNames,
  parseNodeBackend,
  parseSeeds,
  readFlags,
  retrievalFlag,
  shardOf,
  UsageError,
} from './configFlags.ts';
import type { ReadDatasetOptions } from './data/readDataset.ts';

/** What `npm run experiment` was asked to do. */
export type ExperimentCommand =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'run';
      /**
       * One for each method, with the seed of the first run; run in lockstep, so that they can be compared in pairs.
       */
      readonly lanes: readonly RunConfig[];
      readonly seeds: readonly number[];
      readonly backend: NodeBackendName;
      readonly data: ReadDatasetOptions;
      /** Files to write, or null. */
      readonly json: string | null;
      readonly csv: string | null;
      readonly csvFormat: CsvFormat;
      readonly overwrite: boolean;
      readonly allowMixed: boolean;
    }
  /** Writes the run as a script for PyTorch and trains nothing. */
  | {
      readonly kind: 'pytorch';
      readonly run: RunConfig;
      readonly seeds: readonly number[];
      /** Files of the user's own, which the script then reads unless told otherwise. */
      readonly data: ReadDatasetOptions;
      readonly path: string;
      readonly overwrite: boolean;
    };

/** The flag of a command that writes CSV. */
export const csvFormatFlag: Flag = {
  name: 'csv-format',
  value: 'NAME',
  help: 'plain, or spreadsheet: semicolons and decimal commas, for a spreadsheet of a country that writes 0,5',
};

/** The flags of `npm run experiment`. */
export const experimentFlags: readonly Flag[] = [
  ...runConfigFlags,
  retrievalFlag,
  {
    name: 'seeds',
    value: 'N|A-B',
    help: 'how many seeds from 0 on, or a range: 3 means 0, 1, 2 and 4-6 means 4, 5, 6',
  },
  {
    name: 'shard',
    value: 'I/N|slurm',
    help: 'run only every N-th seed, from the I-th on; slurm takes I and N from the Slurm array; join the results with `npm run merge`',
  },
  ...dataFlags,
  { name: 'backend', value: 'NAME', help: `one of ${nodeBackendNames.join(', ')}; wasm if left out` },
  {
    name: 'json',
    value: 'FILE',
    help: 'write configuration, runs and summary as JSON, run by run; go on with the runs that it holds',
  },
  { name: 'csv', value: 'FILE', help: 'write every evaluation as one row of CSV' },
  csvFormatFlag,
  {
    name: 'pytorch',
    value: 'FILE',
    help: 'train nothing; write the run as a self-contained Python script for PyTorch',
  },
  overwriteFlag,
  allowMixedFlag,
];

/**
 * Reads the command line of `npm run experiment`.
 *
 * @throws UsageError that names the flag, the value and what is allowed
 */
export function parseExperimentArguments(argv: readonly string[]): ExperimentCommand {
  const { values, positionals } = readFlags(argv, [...experimentFlags, ...tableFlags]);
  if (values.has('help')) return { kind: 'help' };
  checkNoPositionals(positionals);
  const stray = tableFlags.find(({ name }) => values.has(name));
  if (stray !== undefined)
    throw new UsageError(`--${stray.name} goes with --table only; add --table 1, or leave it out.`);
  if (values.has('seed') && values.has('seeds')) {
    throw new UsageError('--seed and --seeds are both given; --seed 5 runs seed 5 alone, --seeds 5 runs seeds 0 to 4.');
  }
  const csvFormat = csvFormatOf(values);
  const lanes = runConfigsOf(values);
  const seedsText = values.get('seeds');
  const seeds = seedsText === undefined ? [lanes[0].seed] : parseSeeds(seedsText);
  const shard = values.get('shard');
  const pytorch = fileName(values, 'pytorch');
  if (pytorch !== null) return pytorchCommand(values, pytorch, lanes, seeds);
  return {
    kind: 'run',
    lanes,
    seeds: shard === undefined ? seeds : shardOf(seeds, shard),
    backend: parseNodeBackend(values.get('backend')),
    data: dataOptions(values),
    json: fileName(values, 'json'),
    csv: fileName(values, 'csv'),
    csvFormat,
    overwrite: values.has('overwrite'),
    allowMixed: values.has('allow-mixed'),
  };
}

/** @throws UsageError for several methods, or flags that only training heeds */
function pytorchCommand(
  values: ReadonlyMap<string, string>,
  path: string,
  lanes: readonly RunConfig[],
  seeds: readonly number[],
): ExperimentCommand {
  if (lanes.length > 1) {
    const named = lanes.map(({ method }) => method).join(',');
    throw new UsageError(`--pytorch writes a script of one method, and --method is "${named}"; name one of them.`);
  }
  const stray = ['json', 'csv', 'shard', 'backend'].find((flag) => values.has(flag));
  if (stray !== undefined)
    throw new UsageError(`--pytorch writes a script and trains nothing, so --${stray} says nothing; leave it out.`);
  const data = dataOptions(values);
  return { kind: 'pytorch', run: lanes[0], seeds, data, path, overwrite: values.has('overwrite') };
}

/** @throws UsageError if a word belongs to no flag */
export function checkNoPositionals(positionals: readonly string[]): void {
  if (positionals.length === 0) return;
  throw new UsageError(
    `"${positionals[0]}" belongs to no flag; write every setting as --flag value, for example --method er.`,
  );
}

/** @throws UsageError if the flag is given with an empty name */
export function fileName(values: ReadonlyMap<string, string>, flag: string): string | null {
  const name = values.get(flag);
  if (name === '') throw new UsageError(`--${flag} is ""; allowed is the name of a file to write.`);
  return name ?? null;
}

/** What `npm run experiment -- --table N` was asked to do. */
export interface TableCommand {
  readonly kind: 'table';
  readonly table: TableId;
  /** The rows, with the given settings. */
  readonly rows: readonly PaperRow[];
  readonly seeds: readonly number[];
  /** The part of the runs to do: i/n, as `shardOf` reads it. */
  readonly shard: string;
  readonly backend: NodeBackendName;
  readonly data: ReadDatasetOptions;
  readonly format: TableFormat;
  /** The file to write and to continue from, or null. */
  readonly json: string | null;
  readonly overwrite: boolean;
  readonly allowMixed: boolean;
}

const seedFlags = new Set(['scenario', 'method', 'seed']);

/**
 * The kind of CSV that a command writes.
 *
 * @throws UsageError for an unknown one, or without a file
 */
export function csvFormatOf(values: ReadonlyMap<string, string>): CsvFormat {
  if (values.has('csv-format') && !values.has('csv'))
    throw new UsageError('--csv-format goes with --csv only; add --csv FILE, or leave it out.');
  return oneOf('csv-format', values.get('csv-format') ?? 'plain', csvFormats);
}

function oneOf<T extends string | number>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => String(value) === text);
  if (found === undefined) throw new UsageError(`--${flag} is "${text}"; allowed is one of ${allowed.join(', ')}.`);
  return found;
}

function rowsOf(table: TableId, values: ReadonlyMap<string, string>): PaperRow[] {
  const all = paperRows.filter((row) => row.table === table);
  const groups = [...new Set(all.map(({ group }) => group))];
  const group = values.get('group');
  const inGroup = group === undefined ? all : all.filter((row) => row.group === oneOf('group', group, groups));
  const named = values
    .get('rows')
    ?.split(',')
    .map((name) => name.trim());
  const methods = [...new Set(inGroup.map(({ config }) => config.method))];
  return named === undefined
    ? inGroup
    : inGroup.filter(({ config }) => named.map((name) => oneOf('rows', name, methods)).includes(config.method));
}

/**
 * Reads a command line that names a table.
 *
 * @param values given flags, by name
 * @throws UsageError that names the flag, the value and what is allowed
 */
export function parseTableArguments(values: ReadonlyMap<string, string>): TableCommand {
  for (const flag of [...seedFlags, 'retrieval', 'csv', 'csv-format', 'evaluate-on', 'pytorch']) {
    if (values.has(flag))
      throw new UsageError(`--${flag} does not go with --table; use --rows, --group, --seeds and --format.`);
  }
  const table = oneOf('table', values.get('table') ?? '', tableIds);
  const change = givenFields(values);
  const rows = rowsOf(table, values).map((row) => changedRow(row, change));
  return {
    kind: 'table',
    table,
    rows,
    seeds: parseSeeds(values.get('seeds') ?? '1'),
    shard: values.get('shard') ?? '1/1',
    backend: parseNodeBackend(values.get('backend')),
    data: dataOptions(values),
    format: oneOf('format', values.get('format') ?? 'markdown', tableFormats),
    json: fileName(values, 'json'),
    overwrite: values.has('overwrite'),
    allowMixed: values.has('allow-mixed'),
  };
}
