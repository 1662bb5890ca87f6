import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunConfig } from '../core/config.ts';
import { datasetName } from '../core/dataset.ts';
import { scenarios } from '../core/scenarios.ts';
import type { ReadDatasetOptions } from './data/readDataset.ts';
import { pytorchScript } from '../core/pytorch/script.ts';
import { tableFlags, helpText, readFlags, UsageError } from './configFlags.ts';
import {
  checkNoPositionals,
  type ExperimentCommand,
  experimentFlags,
  parseExperimentArguments,
  parseTableArguments,
} from './experimentArguments.ts';
import { claimNewFile } from './outputFile.ts';
import { plainSweep } from './plainSweep.ts';
import { runCommand } from './progress.ts';

const usage = `npm run -s experiment -- --scenario split-mnist --method er,er-mir --seeds 10
Trains without a page: progress goes to standard error, a table to standard output. Methods
named together run in lockstep on the same stream, each with its own settings from the paper, and are
compared pair by pair. A setting that has a flag applies to all of them. With --json each run is saved
as it ends, and the same command goes on where it stopped.`;

/**
 * What a script calls the data, and where it finds it; nothing without `--data`. All of it is read, so that the script is
 * written for data that is there and whole.
 *
 * @throws UsageError for what a script does not read: it looks for files in a folder
 */
async function scriptData(
  { scenario }: RunConfig,
  { data: path, ...options }: ReadDatasetOptions,
): Promise<{ readonly dataName?: string; readonly folder?: string }> {
  if (path === undefined) return {};
  const { readDataset } = await import('./data/readDataset.ts');
  const dataset = await readDataset(scenarios[scenario].dataset, { ...options, data: path });
  const names = await readdir(path, { recursive: true }).catch((): string[] => []);
  if (
    names.includes('manifest.json') ||
    !names.some((name) => /images[^/]*ubyte(\.gz)?$|batch[^/]*\.bin$|train\.csv$/.test(name))
  )
    throw new UsageError(
      `--data is "${path}"; a script reads a folder of IDX files, of .bin files or of images with their tables alone: unpack it, or leave --data out and name the folder when you run the script.`,
    );
  return { dataName: datasetName(dataset), folder: resolve(path) };
}

/** Writes a run as a script. */
async function writePytorch(command: Extract<ExperimentCommand, { kind: 'pytorch' }>): Promise<number> {
  const { run, seeds, data, path, overwrite } = command;
  const script = pytorchScript(run, { seeds, ...(await scriptData(run, data)) });
  const file = claimNewFile({ flag: 'pytorch', path, bytes: script.text.length }, overwrite);
  try {
    file.write(script.text);
  } finally {
    file.release();
  }
  const folder = data.data === undefined ? ' FOLDER' : '';
  process.stderr.write(`${path} is written; run it with: python ${path}${folder}\n`);
  return 0;
}

await runCommand(async (argv) => {
  const flags = [...experimentFlags, ...tableFlags];
  const { values, positionals } = readFlags(argv, flags);
  if (values.has('table') && !values.has('help')) {
    checkNoPositionals(positionals);
    const { tableSweep } = await import('./tableSweep.ts');
    return tableSweep(parseTableArguments(values));
  }
  const command = parseExperimentArguments(argv);
  switch (command.kind) {
    case 'help':
      process.stdout.write(`${helpText(usage, flags)}\n`);
      return 0;
    case 'run':
      return plainSweep(command);
    case 'pytorch':
      return writePytorch(command);
    default:
      return command satisfies never;
  }
});
