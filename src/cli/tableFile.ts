import { z } from 'zod';
import type { RunConfig } from '../core/config.ts';
import {
  changedRow,
  type PaperRow,
  paperRows,
  runKey,
  tableLines,
  type TableId,
  tableIds,
  tableName,
} from '../core/paperTable.ts';
import {
  allowedMixtures,
  differencesOf,
  joinedRuns,
  mixturesSchema,
  type Place,
  type Source,
  type OriginRun,
} from '../core/provenance.ts';
import { listOf, resultJson, type StoredRun, storedRunConfigSchema, storedRunSchema } from '../core/storedRun.ts';
import { formatTable } from '../core/tableFormats.ts';
import { UsageError } from './configFlags.ts';
import {
  experimentOf,
  type ExperimentResult,
  parseResultFile,
  placeOfLane,
  recordsOf,
  type ResultFile,
  resultFileOf,
} from './resultFile.ts';
import { resultTable } from './resultTable.ts';

/** A result file that was read, with its name for messages. */
export interface NamedResult {
  readonly name: string;
  readonly text: string;
}

function parseResult({ name, text }: NamedResult): ExperimentResult[] {
  const result = parseResultFile(text);
  if (result !== null) return result;
  try {
    resultJson(text);
  } catch (error) {
    const what = error instanceof SyntaxError ? 'JSON' : 'a result of MIR Lab';
    throw new UsageError(
      `${name} is not ${what} (${(error as Error).message}); give files written by \`npm run experiment -- --json\`.`,
    );
  }
  throw new UsageError(`${name} is not a result of MIR Lab; give files written by \`npm run experiment -- --json\`.`);
}

/** The end of a sentence about files that do not belong together. */
const mergeRemedy = 'join only results of one sweep';

/**
 * Joins the results of one sweep that ran in parts: shards of the seeds, or methods one by one. Runs are put in order of
 * seed, and summaries and paired differences are computed anew from all of them. A run that several files have is taken
 * once.
 *
 * @param allowMixed whether versions, backends and data may be mixed
 * @throws UsageError if a file is no result
 * @throws ProvenanceError if the files do not belong together, or disagree about a run
 */
export function mergeResults(files: readonly NamedResult[], allowMixed = false): ResultFile {
  if (files.length === 0) throw new UsageError('No file is named; write npm run -s merge -- a.json b.json.');
  const parts = files.map((file) => ({ name: file.name, results: parseResult(file) }));
  const sources = parts.map(({ name, results }) => ({ name, runs: results.flatMap(recordsOf) }));
  // A part without a finished run has settings, too.
  const settings = parts.map(({ name, results }) => ({
    name,
    runs: results.flatMap((result): OriginRun[] => {
      const own = recordsOf(result);
      return own.length > 0 ? own : [{ ...result, config: { ...result.config, seed: 0 } }];
    }),
  }));
  const mixtures = allowedMixtures(differencesOf(settings, placeOfLane), allowMixed, mergeRemedy);
  const records = joinedRuns(
    sources.map(({ name, runs }) => ({ name, runs: runs.map((run) => ({ ...run, ...run.record })) })),
    ({ config, seed }) => `${config.method} ${seed}`,
    ({ config, seed }) => `seed ${seed} of ${config.method}`,
  );
  const firsts = new Map(
    parts
      .flatMap(({ results }) => results)
      .reverse()
      .map((result) => [result.config.method, result]),
  );
  const methods = [...new Set(parts.flatMap(({ results }) => results.map(({ config }) => config.method)))];
  return resultFileOf(
    methods.flatMap((method) => {
      const first = firsts.get(method);
      const own = records.filter(({ config }) => config.method === method);
      return first === undefined ? [] : [experimentOf({ ...first.config, seed: 0 }, own, first)];
    }),
    mixtures,
  );
}

const failedRunSchema = z.strictObject({ config: storedRunConfigSchema, reason: z.string() });

const tableFileSchema = z.strictObject({
  table: z.literal(tableIds),
  runs: listOf(storedRunSchema),
  failures: listOf(failedRunSchema),
  /** What it mixes because a person insisted. */
  mixed: z.exactOptional(mixturesSchema),
});

/** The file that a sweep over a table of the paper writes, run by run, and continues from. */
export type TableFile = z.infer<typeof tableFileSchema>;

/** Reads text as a table file; null if it is something else. */
export function parseTableFile(text: string): TableFile | null {
  try {
    const result = tableFileSchema.safeParse(resultJson(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/**
 * The file that a sweep continues; an empty one if there is none yet.
 *
 * @param text what stands there, or null
 * @throws UsageError if the file is something else, or belongs to another table
 */
export function continuedTableFile(path: string, text: string | null, table: TableId): TableFile {
  if (text === null) return { table, runs: [], failures: [] };
  const file = parseTableFile(text);
  if (file === null)
    throw new UsageError(
      `--json is "${path}", which exists and is not the result of a table; name another file, or add --overwrite.`,
    );
  if (file.table !== table) {
    throw new UsageError(
      `--json is "${path}", which holds ${tableName(file.table)}, not ${tableName(table)}; name another file, or add --overwrite.`,
    );
  }
  return file;
}

export function tableFileText(file: TableFile): string {
  return `${JSON.stringify(file)}\n`;
}

/** "seed 3 of er on split-mnist, M = 50". */
function runWords({ scenario, method, memoryPerClass, seed }: RunConfig): string {
  return `seed ${seed} of ${method} on ${scenario}, M = ${memoryPerClass}`;
}

/**
 * Joins the parts of one sweep. A run that several parts have is taken once; a failure is dropped if
 * another part has the run whole.
 *
 * @param allowMixed whether versions, backends and data may be mixed
 * @throws UsageError if the parts belong to different tables
 * @throws ProvenanceError if they do not belong together, or disagree about a run
 */
export function mergeTableFiles(
  files: readonly { readonly name: string; readonly file: TableFile }[],
  allowMixed = false,
): TableFile {
  const [first] = files;
  const { table } = first.file;
  const other = files.find(({ file }) => file.table !== table);
  if (other !== undefined) {
    throw new UsageError(
      `${other.name} holds ${tableName(other.file.table)}, ${first.name} holds ${tableName(table)}; ${mergeRemedy}.`,
    );
  }
  const sources = files.map(({ name, file }): Source<StoredRun> => ({ name, runs: file.runs }));
  const mixed = allowedMixtures(differencesOf(sources, placeInTable(table)), allowMixed, mergeRemedy);
  const runs = joinedRuns(
    sources,
    ({ config }) => runKey(config),
    ({ config }) => runWords(config),
  );
  const found = new Set(runs.map(({ config }) => runKey(config)));
  const failures = new Map(
    files.flatMap(({ file }) => file.failures).map((failure) => [runKey(failure.config), failure]),
  );
  return {
    table,
    runs,
    failures: [...failures].flatMap(([key, failure]) => (found.has(key) ? [] : [failure])),
    ...(mixed.length > 0 && { mixed }),
  };
}

/** Looks up the runs of a file by key. */
export function findRun(file: TableFile): (key: string) => StoredRun | undefined {
  const found = new Map(file.runs.map((run) => [runKey(run.config), run]));
  return (key) => found.get(key);
}

/**
 * The rows of the paper that a file has runs of, with the settings of those runs. A sweep may have changed some
 * settings, such as the samples per task.
 */
export function rowsFound({ table, runs }: TableFile): PaperRow[] {
  const rows = paperRows.filter((row) => row.table === table);
  const found = runs.flatMap(({ config }) => {
    const row = nearestRow(rows, config);
    return row === null ? [] : [{ row, config }];
  });
  return rows.flatMap((row) => {
    const run = found.find((other) => other.row === row);
    return run === undefined ? [] : [changedRow(row, { ...run.config, seed: row.config.seed })];
  });
}

/** Finds the row of a table that a configuration belongs to. */
export function placeInTable(table: TableId): (config: RunConfig) => Place {
  const rows = paperRows.filter((row) => row.table === table);
  return (config) => {
    const row = nearestRow(rows, config);
    if (row === null) return { group: config.scenario, row: config.method, usual: config };
    return { group: row.group, row: `${row.config.method} ${row.variant}`, usual: row.config };
  };
}

/**
 * Among the rows with a run's scenario and method, and with its memory if there is one, the one that differs from it in
 * the fewest settings.
 */
function nearestRow(rows: readonly PaperRow[], config: RunConfig): PaperRow | null {
  const differences = (row: PaperRow) =>
    Object.entries(row.config).filter(([name, value]) => config[name as keyof RunConfig] !== value).length;
  const possible = rows.filter((row) => row.config.scenario === config.scenario && row.config.method === config.method);
  const withMemory = possible.filter((row) => row.config.memoryPerClass === config.memoryPerClass);
  const nearest = (withMemory.length > 0 ? withMemory : possible).toSorted(
    (one, other) => differences(one) - differences(other),
  );
  return nearest.at(0) ?? null;
}

/**
 * Joins files of results, all of tables or all of plain runs.
 *
 * @returns the JSON and the table
 * @throws UsageError if a file is no result
 * @throws ProvenanceError if they do not belong together, or disagree about a run
 */
export function joinedFiles(
  files: readonly NamedResult[],
  allowMixed: boolean,
): { readonly json: string; readonly table: string } {
  const tables = files.flatMap(({ name, text }) => {
    const file = parseTableFile(text);
    return file === null ? [] : [{ name, file }];
  });
  if (files.length > 0 && tables.length === files.length) {
    const merged = mergeTableFiles(tables, allowMixed);
    const seeds = [...new Set(merged.runs.map(({ config }) => config.seed))].sort((a, b) => a - b);
    const lines = tableLines(rowsFound(merged), seeds, findRun(merged));
    return { json: tableFileText(merged), table: formatTable(lines, 'markdown', merged.mixed) };
  }
  const merged = mergeResults(files, allowMixed);
  return { json: `${JSON.stringify(merged, null, 2)}\n`, table: `${resultTable(merged)}\n` };
}
