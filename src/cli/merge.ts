import { readFileSync } from 'node:fs';
import { mergeResults } from './mergeResults.ts';
import { checkWritable, writeOutput } from './outputFile.ts';
import { fileName } from './parseExperimentArguments.ts';
import { helpText, readFlags, type Flag } from './readFlags.ts';
import { resultTable } from './resultTable.ts';
import { runCommand } from './runCommand.ts';
import { UsageError } from './usageError.ts';

const flags: readonly Flag[] = [
  { name: 'json', value: 'FILE', help: 'write the joined result there and print the table; without it the JSON is printed' },
];

const usage = `npm run -s merge -- a.json b.json … joins results of one sweep that ran in parts:
shards of the seeds (--shard), or methods one by one.`;

function readResult(name: string): { name: string; text: string } {
  try {
    return { name, text: readFileSync(name, 'utf8') };
  } catch (error) {
    throw new UsageError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}); name files written by \`npm run experiment -- --json\`.`);
  }
}

await runCommand((argv) => {
  const { values, positionals } = readFlags(argv, flags);
  if (values.has('help')) {
    process.stdout.write(`${helpText(usage, flags)}\n`);
    return 0;
  }
  const json = fileName(values, 'json');
  if (json !== null) checkWritable('json', json);
  const merged = mergeResults(positionals.map(readResult));
  const text = `${JSON.stringify(merged, null, 2)}\n`;
  if (json === null) {
    process.stdout.write(text);
  } else {
    writeOutput('json', json, text);
    process.stdout.write(`${resultTable(merged)}\n`);
  }
  return 0;
});
