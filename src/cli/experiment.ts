import { performance } from 'node:perf_hooks';
import { ownDifferences, type RunConfig } from '../core/config.ts';
import { curvesCsv } from '../core/curvesCsv.ts';
import type { EvaluationEvent } from '../core/events.ts';
import { scenarios } from '../core/scenarios.ts';
import { tableFlags } from './configFlags.ts';
import { readDataset } from './data/readDataset.ts';
import {
  type ExperimentCommand,
  experimentFlags,
  parseExperimentArguments,
  parseTableArguments,
} from './experimentArguments.ts';
import { helpText, readFlags } from './flags.ts';
import { progressLine, ProgressPrinter, runCommand } from './progress.ts';
import {
  checkWritable,
  type ExperimentResult,
  resultFileOf,
  type RunRecord,
  summarise,
  writeOutput,
} from './resultFile.ts';
import { resultTable } from './resultTable.ts';
import type { RunProgress } from './runSeed.ts';
import { startNodeBackend } from './startNodeBackend.ts';

const usage = `npm run -s experiment -- --scenario split-mnist --method er,er-mir --seeds 10
Trains without a page: progress goes to standard error, a table to standard output. Methods
named together run in lockstep on the same stream, each with its own settings from the paper, and are
compared pair by pair. A setting that has a flag applies to all of them.`;

function withoutSeed({ seed: _seed, ...rest }: RunConfig): Omit<RunConfig, 'seed'> {
  return rest;
}

/** A lane, with what differs from the other lanes: "icarl (iterations 5)". */
function laneWords(lane: RunConfig, _index: number, lanes: readonly RunConfig[]): string {
  const own = ownDifferences(lane, lanes).map((name) => `${name} ${lane[name]}`);
  return own.length === 0 ? lane.method : `${lane.method} (${own.join(', ')})`;
}

/** @returns the exit code: 1 if a run stopped before its end */
async function sweep(command: Extract<ExperimentCommand, { kind: 'run' }>): Promise<number> {
  const { seeds, json, csv } = command;
  const { scenario } = command.lanes[0];
  if (json !== null) checkWritable('json', json);
  if (csv !== null) checkWritable('csv', csv);
  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const onProgress = (line: string) => printer.line(line);
  const dataset = await readDataset(scenarios[scenario].dataset, { ...command.data, onProgress });
  const backend = await startNodeBackend(command.backend);
  // Loaded late: TensorFlow.js must find WebGPU in place.
  const { runSeed } = await import('./runSeed.ts');
  const { engineVersion } = await import('../core/storedRun.ts');

  const device = backend.device === '' ? '' : ` (${backend.device})`;
  printer.line(
    `${scenario} · ${command.lanes.map(laneWords).join(', ')} · ${seeds.length} seed${seeds.length === 1 ? '' : 's'} · ${backend.name}${device}`,
  );
  const records = command.lanes.map((): RunRecord[] => []);
  const evaluations: EvaluationEvent[] = [];
  let failures = 0;
  const start = performance.now();
  for (const [index, seed] of seeds.entries()) {
    const what = `seed ${seed} (${index + 1} of ${seeds.length})`;
    const lanes = command.lanes.map((lane) => ({ ...lane, seed }));
    const progress = ({ step, totalSteps, preparing }: RunProgress) => ({
      what,
      doneSteps: index * totalSteps + step,
      totalSteps: seeds.length * totalSteps,
      elapsedSeconds: (performance.now() - start) / 1_000,
      preparing,
    });
    // Only the CSV keeps the curves.
    const outcome = await runSeed(dataset, lanes, backend, (run) => printer.update(progress(run)), {
      evaluatesBetween: csv !== null,
    });
    for (const { lane, step, reason } of outcome.stopped) {
      failures++;
      printer.line(`${lanes[lane].method}, seed ${seed}, stopped at step ${step}: ${reason}`);
    }
    outcome.records.forEach((record, lane) => {
      if (record !== null) records[lane].push(record);
    });
    if (csv !== null) evaluations.push(...outcome.evaluations);
    for (const words of outcome.directSteps) printer.line(words);
    printer.line(progressLine(progress({ step: 1, totalSteps: 1, preparing: null })));
  }

  const file = resultFileOf(
    command.lanes.map((config, lane): ExperimentResult => ({
      config: withoutSeed(config),
      backend: backend.name,
      version: engineVersion,
      runs: records[lane],
      summary: summarise(records[lane]),
    })),
  );
  if (json !== null) writeOutput('json', json, `${JSON.stringify(file, null, 2)}\n`);
  if (csv !== null) writeOutput('csv', csv, curvesCsv(evaluations, evaluations[0]?.accuracyByTask.length ?? 0));
  process.stdout.write(`${resultTable(file)}\n`);
  return failures === 0 ? 0 : 1;
}

await runCommand(async (argv) => {
  const flags = [...experimentFlags, ...tableFlags];
  const { values } = readFlags(argv, flags);
  if (values.has('table') && !values.has('help')) {
    const { tableSweep } = await import('./tableSweep.ts');
    return tableSweep(parseTableArguments(values));
  }
  const command = parseExperimentArguments(argv);
  switch (command.kind) {
    case 'help':
      process.stdout.write(`${helpText(usage, flags)}\n`);
      return 0;
    case 'run':
      return sweep(command);
    default:
      return command satisfies never;
  }
});
