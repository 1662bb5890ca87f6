import { tableFlags, helpText, readFlags } from './configFlags.ts';
import {
  checkNoPositionals,
  experimentFlags,
  parseExperimentArguments,
  parseTableArguments,
} from './experimentArguments.ts';
import { plainSweep } from './plainSweep.ts';
import { runCommand } from './progress.ts';

const usage = `npm run -s experiment -- --scenario split-mnist --method er,er-mir --seeds 10
Trains without a page: progress goes to standard error, a table to standard output. Methods
named together run in lockstep on the same stream, each with its own settings from the paper, and are
compared pair by pair. A setting that has a flag applies to all of them. With --json each run is saved
as it ends, and the same command goes on where it stopped.`;

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
    default:
      return command satisfies never;
  }
});
