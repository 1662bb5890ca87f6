import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { runKey } from '../core/paperTable.ts';
import { allowMixedFlag, overwriteFlag, type Flag, helpText, readFlags, UsageError } from './configFlags.ts';
import { fileName } from './experimentArguments.ts';
import { claimFiles } from './outputFile.ts';
import { joinedFiles, type NamedResult, parseTableFile } from './tableFile.ts';
import { runCommand } from './progress.ts';
import { parseResultFile, recordsOf } from './resultFile.ts';

const flags: readonly Flag[] = [
  {
    name: 'json',
    value: 'FILE',
    help: 'write the joined result there and print the table; without it the JSON is printed',
  },
  overwriteFlag,
  allowMixedFlag,
];

const usage = `npm run -s merge -- a.json b.json … joins results of one sweep that ran in parts:
shards of the seeds (--shard), or methods one by one.`;

/** Pipes that the shell has made, as for `<(zcat a.json.gz)`; whoever reads from another waits until somebody writes. */
const ownPipe = /^\/(dev|proc\/self)\/fd\/\d+$/;

/** Longer files were not written by this program. */
const mostBytes = 256 * 2 ** 20;

/** The text of a file, or of a pipe, which does not say beforehand how long it is; null if it is longer than results are. */
function readText(name: string): string | null {
  const handle = openSync(name, 'r');
  try {
    const piece = Buffer.alloc(2 ** 20);
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (let count; (count = readSync(handle, piece)) > 0; bytes += count) {
      if (bytes + count > mostBytes) return null;
      pieces.push(Buffer.from(piece.subarray(0, count)));
    }
    return Buffer.concat(pieces).toString('utf8');
  } finally {
    closeSync(handle);
  }
}

function readResult(name: string): NamedResult {
  const wanted = 'name files written by `npm run experiment -- --json`';
  const refused = (reason: string) => new UsageError(`${name} cannot be read (${reason}); ${wanted}.`);
  try {
    const stats = statSync(name);
    if (stats.isCharacterDevice() || stats.isBlockDevice()) throw refused('a device');
    if (stats.isSocket() || (stats.isFIFO() && !ownPipe.test(name))) throw refused('a pipe');
    // Of the kernel's own files, which have no size either, some can be waited for for ever.
    if (stats.isFile() && stats.size === 0) throw refused('empty');
    const text = stats.size > mostBytes ? null : readText(name);
    if (text === null) throw refused(`longer than ${mostBytes / 2 ** 20} MiB`);
    return { name, text };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refused((error as NodeJS.ErrnoException).code ?? String(error));
  }
}

/** The runs of a result, by names that are the same in another one. */
function runNames(text: string): string[] | null {
  const table = parseTableFile(text);
  if (table !== null) return table.runs.map(({ config }) => `table ${table.table} ${runKey(config)}`);
  return (
    parseResultFile(text)
      ?.flatMap(recordsOf)
      .map(({ config }) => runKey(config)) ?? null
  );
}

/** What is joined replaces a file only if nothing is lost by that. */
function checkReplaced(path: string, before: string | null, after: string): void {
  if (before === null) return;
  const names = runNames(before);
  if (names === null)
    throw new UsageError(
      `--json is "${path}", which exists and is not a result of MIR Lab; name another file, or add --overwrite.`,
    );
  const kept = new Set(runNames(after));
  const lost = names.filter((name) => !kept.has(name)).length;
  if (lost > 0)
    throw new UsageError(
      `--json is "${path}", which holds ${lost} run${lost === 1 ? '' : 's'} that the named files do not have; name it as well, name another file, or add --overwrite.`,
    );
}

await runCommand((argv) => {
  const { values, positionals } = readFlags(argv, flags);
  if (values.has('help')) {
    process.stdout.write(`${helpText(usage, flags)}\n`);
    return 0;
  }
  const path = fileName(values, 'json');
  const { json, table } = joinedFiles(positionals.map(readResult), values.has('allow-mixed'));
  if (path === null) {
    process.stdout.write(json);
    return 0;
  }
  const [output] = claimFiles([{ flag: 'json', path, bytes: Buffer.byteLength(json) }]);
  if (!values.has('overwrite')) checkReplaced(path, output?.read() ?? null, json);
  output?.keep(json, (line) => process.stderr.write(`${line}\n`));
  output?.release();
  process.stdout.write(table);
  return output?.failure === null ? 0 : 2;
});
