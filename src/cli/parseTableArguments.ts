import { runConfigSchema, type Settings } from '../engine/config.ts';
import { type PaperRow, type TableId, tableIds } from '../engine/paperRow.ts';
import { paperRows } from '../engine/presets.ts';
import { type TableFormat, tableFormats } from '../engine/tableFormats.ts';
import { parseNodeBackend, type NodeBackendName } from './nodeBackendName.ts';
import { fileName } from './parseExperimentArguments.ts';
import { dataOptions } from './dataFlags.ts';
import type { ReadDatasetOptions } from './readDataset.ts';
import { parseSeeds } from './parseSeeds.ts';
import { givenFields } from './runConfigFlags.ts';
import { UsageError } from './usageError.ts';

/** What `npm run experiment -- --table N` was asked to do. */
export interface TableCommand {
  readonly kind: 'table';
  readonly table: TableId;
  /** The rows, with the settings that were given put in. */
  readonly rows: readonly PaperRow[];
  readonly seeds: readonly number[];
  /** Which part of the runs to do: i/n, as `shardOf` reads it. */
  readonly shard: string;
  readonly backend: NodeBackendName;
  readonly data: ReadDatasetOptions;
  readonly format: TableFormat;
  /** The file to write and to continue from, or null. */
  readonly json: string | null;
}

const seedFlags = new Set(['scenario', 'method', 'seed']);

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
  const table = oneOf('table', values.get('table') ?? '', tableIds);
  const change = givenFields(values) as Partial<Settings>;
  const rows = rowsOf(table, values).map((row) => ({ ...row, config: runConfigSchema.parse({ ...row.config, ...change }) }));
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
  };
}
