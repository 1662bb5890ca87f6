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

/** Writes a run as a script. @throws UsageError if it has none */
function writePytorch({ run, seeds, path, overwrite }: Extract<ExperimentCommand, { kind: 'pytorch' }>): number {
  const script = pytorchScript(run, { seeds });
  if (script.kind === 'none') {
    throw new UsageError(
      script.lacks === 'method'
        ? `--pytorch has no script for ${run.method} on ${run.scenario}: it would not fit into fewer than 120 lines.`
        : `--pytorch has no script for ${run.scenario}: its pictures are not read with PyTorch alone.`,
    );
  }
  const file = claimNewFile({ flag: 'pytorch', path, bytes: script.text.length }, overwrite);
  try {
    file.write(script.text);
  } finally {
    file.release();
  }
  process.stderr.write(`${path} is written; run it with: python ${path} FOLDER\n`);
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
