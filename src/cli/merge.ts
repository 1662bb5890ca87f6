import { readFileSync } from 'node:fs';
import { tableLines } from '../core/paperTable.ts';
import { formatTable } from '../core/tableFormats.ts';
import { fileName } from './experimentArguments.ts';
import { type Flag, helpText, readFlags, UsageError } from './flags.ts';
import { mergeResults } from './mergeResults.ts';
import { runCommand } from './progress.ts';
import { checkWritable, writeOutput } from './resultFile.ts';
import { resultTable } from './resultTable.ts';
import { findRun, mergeTableFiles, parseTableFile, rowsFound, saveTableFile } from './tableFile.ts';

const flags: readonly Flag[] = [
  {
    name: 'json',
    value: 'FILE',
    help: 'write the joined result there and print the table; without it the JSON is printed',
  },
];

const usage = `npm run -s merge -- a.json b.json … joins results of one sweep that ran in parts:
shards of the seeds (--shard), or methods one by one.`;

function readResult(name: string): { name: string; text: string } {
  try {
    return { name, text: readFileSync(name, 'utf8') };
  } catch (error) {
    throw new UsageError(
      `${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}); name files written by \`npm run experiment -- --json\`.`,
    );
  }
}

function mergeTables(files: Parameters<typeof mergeTableFiles>[0], json: string | null): number {
  const merged = mergeTableFiles(files);
  if (json === null) {
    process.stdout.write(`${JSON.stringify(merged)}\n`);
    return 0;
  }
  saveTableFile(json, merged);
  const seeds = [...new Set(merged.runs.map(({ config }) => config.seed))].sort((a, b) => a - b);
  process.stdout.write(formatTable(tableLines(rowsFound(merged), seeds, findRun(merged)), 'markdown'));
  return 0;
}

await runCommand((argv) => {
  const { values, positionals } = readFlags(argv, flags);
  if (values.has('help')) {
    process.stdout.write(`${helpText(usage, flags)}\n`);
    return 0;
  }
  const json = fileName(values, 'json');
  if (json !== null) checkWritable('json', json);
  const files = positionals.map(readResult);
  const tables = files.flatMap(({ name, text }) => {
    const file = parseTableFile(text);
    return file === null ? [] : [{ name, file }];
  });
  if (files.length > 0 && tables.length === files.length) return mergeTables(tables, json);
  const merged = mergeResults(files);
  const text = `${JSON.stringify(merged, null, 2)}\n`;
  if (json === null) {
    process.stdout.write(text);
  } else {
    writeOutput('json', json, text);
    process.stdout.write(`${resultTable(merged)}\n`);
  }
  return 0;
});
