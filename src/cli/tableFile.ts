import { existsSync, readFileSync, renameSync } from 'node:fs';
import { z } from 'zod';
import type { RunConfig } from '../core/config.ts';
import { type PaperRow, paperRows, tableIds, tableName } from '../core/paperRow.ts';
import { runKey } from '../core/paperTable.ts';
import { type StoredRun, storedRunConfigSchema, storedRunSchema } from '../core/storedRun.ts';
import { UsageError } from './flags.ts';
import { writeOutput } from './resultFile.ts';

const failedRunSchema = z.strictObject({ config: storedRunConfigSchema, reason: z.string() });

const tableFileSchema = z.strictObject({
  table: z.literal(tableIds),
  runs: z.array(storedRunSchema),
  failures: z.array(failedRunSchema),
});

/** The file that a sweep over a table of the paper writes, run by run, and continues from. */
export type TableFile = z.infer<typeof tableFileSchema>;

/** Reads text as a table file; null if it is something else. */
export function parseTableFile(text: string): TableFile | null {
  try {
    const result = tableFileSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}

/**
 * The file that a sweep continues; an empty one if there is none yet.
 *
 * @throws UsageError if the file is something else, or belongs to another table
 */
export function openTableFile(path: string, table: TableFile['table']): TableFile {
  if (!existsSync(path)) return { table, runs: [], failures: [] };
  const file = parseTableFile(readFileSync(path, 'utf8'));
  if (file === null)
    throw new UsageError(`--json is "${path}", which exists and is not the result of a table; name another file.`);
  if (file.table !== table) {
    throw new UsageError(
      `--json is "${path}", which holds ${tableName(file.table)}, not ${tableName(table)}; name another file.`,
    );
  }
  return file;
}

/** Writes beside the file and renames, so that a crash leaves the last whole state. */
export function saveTableFile(path: string, file: TableFile): void {
  const unfinished = `${path}.part`;
  writeOutput('json', unfinished, `${JSON.stringify(file)}\n`);
  renameSync(unfinished, path);
}

/**
 * Joins the parts of one sweep. A run that several parts have is taken once; a failure is dropped if
 * another part has the run whole.
 *
 * @throws UsageError if the parts belong to different tables
 */
export function mergeTableFiles(files: readonly { readonly name: string; readonly file: TableFile }[]): TableFile {
  const [first] = files;
  const other = files.find(({ file }) => file.table !== first.file.table);
  if (other !== undefined) {
    throw new UsageError(
      `${other.name} holds ${tableName(other.file.table)}, ${first.name} holds ${tableName(first.file.table)}; join only results of one sweep.`,
    );
  }
  const runs = new Map(files.flatMap(({ file }) => file.runs.map((run) => [runKey(run.config), run] as const)));
  const failures = files.flatMap(({ file }) => file.failures).filter(({ config }) => !runs.has(runKey(config)));
  return { table: first.file.table, runs: [...runs.values()], failures };
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
    return run === undefined ? [] : [{ ...row, config: { ...run.config, seed: row.config.seed } }];
  });
}

/** Among the rows with a run's scenario, method and memory, the one that differs from it in the fewest settings. */
function nearestRow(rows: readonly PaperRow[], config: RunConfig): PaperRow | null {
  const differences = (row: PaperRow) =>
    Object.entries(row.config).filter(([name, value]) => config[name as keyof RunConfig] !== value).length;
  const possible = rows.filter(
    (row) =>
      row.config.scenario === config.scenario &&
      row.config.method === config.method &&
      row.config.memoryPerClass === config.memoryPerClass,
  );
  return possible.toSorted((one, other) => differences(one) - differences(other)).at(0) ?? null;
}
