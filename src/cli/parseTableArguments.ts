import { methodNames, runConfigSchema, type Settings } from '../engine/config.ts';
import { type PaperRow, paperRows, type TableNumber, tableNumbers } from '../engine/presets.ts';
import { type TableFormat, tableFormats } from '../engine/tableFormats.ts';
import { nodeBackendNames, parseNodeBackend, type NodeBackendName } from './nodeBackendName.ts';
import { fileName } from './parseExperimentArguments.ts';
import { parseSeeds } from './parseSeeds.ts';
import type { Flag } from './readFlags.ts';
import { givenFields, runConfigFlags } from './runConfigFlags.ts';
import { UsageError } from './usageError.ts';

/** What `npm run experiment -- --table N` was asked to do. */
export interface TableCommand {
  readonly kind: 'table';
  readonly table: TableNumber;
  /** The rows, with the settings that were given put in. */
  readonly rows: readonly PaperRow[];
  readonly seeds: readonly number[];
  readonly shard: { readonly index: number; readonly count: number };
  readonly backend: NodeBackendName;
  readonly format: TableFormat;
  /** The file to write and to continue from, or null. */
  readonly json: string | null;
}

/** The flags that only tables have. */
export const tableFlags: readonly Flag[] = [
  { name: 'table', value: 'N', help: `rebuild a table of the paper, one of ${tableNumbers.join(', ')}` },
  { name: 'rows', value: 'NAME,…', help: `with --table: only these methods, of ${methodNames.join(', ')}` },
  { name: 'group', value: 'TEXT', help: 'with --table: only the rows of this group, for example "Split MNIST" or "M = 100"' },
  { name: 'format', value: 'NAME', help: `with --table: print it as one of ${tableFormats.join(', ')}; markdown if left out` },
];

const seedFlags = new Set(['scenario', 'method', 'seed']);

function oneOf<T extends string | number>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => String(value) === text);
  if (found === undefined) throw new UsageError(`--${flag} is "${text}"; allowed is one of ${allowed.join(', ')}.`);
  return found;
}

function rowsOf(table: TableNumber, values: ReadonlyMap<string, string>): PaperRow[] {
  const all = paperRows.filter((row) => row.table === table);
  const groups = [...new Set(all.map(({ group }) => group))];
  const group = values.get('group');
  const inGroup = group === undefined ? all : all.filter((row) => row.group === oneOf('group', group, groups));
  const named = values.get('rows')?.split(',').map((name) => name.trim());
  const methods = [...new Set(inGroup.map(({ config }) => config.method))];
  return named === undefined ? inGroup : inGroup.filter(({ config }) => named.map((name) => oneOf('rows', name, methods)).includes(config.method));
}

/**
 * Reads a command line that names a table.
 *
 * @param values given flags, by name
 * @throws UsageError that names the flag, the value and what is allowed
 */
export function parseTableArguments(values: ReadonlyMap<string, string>): TableCommand {
  for (const flag of [...seedFlags, 'csv', 'evaluate-on']) {
    if (values.has(flag)) throw new UsageError(`--${flag} does not go with --table; use --rows, --group, --seeds and --format.`);
  }
  const table = oneOf('table', values.get('table') ?? '', tableNumbers);
  const change = givenFields(values) as Partial<Settings>;
  const rows = rowsOf(table, values).map((row) => ({ ...row, config: runConfigSchema.parse({ ...row.config, ...change }) }));
  return {
    kind: 'table',
    table,
    rows,
    seeds: parseSeeds(values.get('seeds') ?? '1'),
    shard: parseShard(values.get('shard') ?? '1/1'),
    backend: parseNodeBackend(values.get('backend')),
    format: oneOf('format', values.get('format') ?? 'markdown', tableFormats),
    json: fileName(values, 'json'),
  };
}

/** @throws UsageError if the text is not i/n with 1 ≤ i ≤ n */
function parseShard(text: string): { index: number; count: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index < 1 || index > count) {
    throw new UsageError(`--shard is "${text}"; allowed is i/n with i from 1 to n, such as 2/4.`);
  }
  return { index, count };
}

/** Flags of `npm run experiment` that a table takes too, for its help. */
export const tableHelp = `${runConfigFlags.length} settings change every row; the backend is one of ${nodeBackendNames.join(', ')}.`;
