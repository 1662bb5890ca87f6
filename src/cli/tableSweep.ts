import { performance } from 'node:perf_hooks';
import type { RunConfig } from '../core/config.ts';
import { type DataMark, dataMarkOf } from '../core/dataset.ts';
import { tableName, runKey, runOf, tableLines } from '../core/paperTable.ts';
import { allowedMixtures, differencesOf } from '../core/provenance.ts';
import { type DatasetName, scenarios } from '../core/scenarios.ts';
import { engineVersion, storedRun } from '../core/storedRun.ts';
import { formatTable } from '../core/tableFormats.ts';
import { readDataset } from './data/readDataset.ts';
import type { TableCommand } from './experimentArguments.ts';
import { claimFiles, type OutputFile } from './outputFile.ts';
import { shardOf } from './configFlags.ts';
import { keptWords, onInterruption, progressLine, ProgressPrinter } from './progress.ts';
import { continueRemedy } from './plainSweep.ts';
import type { RunProgress } from './runSeed.ts';
import { startNodeBackend } from './startNodeBackend.ts';
import { continuedTableFile, findRun, placeInTable, type TableFile, tableFileText } from './tableFile.ts';

/** The runs of a table in the order of seeds, so that every row has its first seed early. */
function plannedRuns({ rows, seeds, shard }: TableCommand): RunConfig[] {
  const all = seeds.flatMap((seed) => rows.map((row) => runOf(row, seed)));
  const distinct = [...new Map(all.map((config) => [runKey(config), config])).values()];
  return shardOf(distinct, shard);
}

/**
 * Remembers only the last value: a table goes scenario by scenario, and two datasets may not fit into memory together.
 */
function lastOnly<K, V>(make: (key: K) => Promise<V>): (key: K) => Promise<V> {
  let last: { readonly key: K; readonly value: Promise<V> } | null = null;
  return (key) => {
    if (last === null || last.key !== key) last = { key, value: make(key) };
    return last.value;
  };
}

/** About what a run takes in the file; its curve is the most of it. */
const bytesOfRun = 16_000;

/** @throws ProvenanceError if the runs of the file and those of the command do not belong together */
function checkRuns(command: TableCommand, file: TableFile, planned: readonly RunConfig[], data: DataMark | null): void {
  const now = { version: engineVersion, backend: command.backend, data };
  const sources = [
    { name: command.json ?? '', runs: file.runs },
    { name: 'this command', runs: planned.map((config) => ({ ...now, config })) },
  ];
  allowedMixtures(differencesOf(sources, placeInTable(file.table)), command.allowMixed, continueRemedy);
}

/** The file with what it mixes. */
function withMixtures({ table, runs, failures }: TableFile): TableFile {
  const mixed = allowedMixtures(differencesOf([{ name: '', runs }], placeInTable(table)), true, '');
  return { table, runs, failures, ...(mixed.length > 0 && { mixed }) };
}

/**
 * Rebuilds a table of the paper. Each run is saved as it ends. Runs that the file already holds are not repeated. A run
 * that fails is named with its cause, and the others go on.
 *
 * @returns the exit code: 1 if a run failed, 2 if the result could not be saved
 */
export async function tableSweep(command: TableCommand): Promise<number> {
  const { json } = command;
  const bytes = plannedRuns(command).length * bytesOfRun;
  const [output] = claimFiles([json === null ? null : { flag: 'json', path: json, bytes }]);
  try {
    return await sweepInto(output, command);
  } finally {
    output?.release();
  }
}

async function sweepInto(output: OutputFile | null, command: TableCommand): Promise<number> {
  const { table, rows, seeds, json } = command;
  const planned = plannedRuns(command);
  const text = command.overwrite ? null : (output?.read() ?? null);
  let file = { ...continuedTableFile(json ?? '', text, table), failures: [] as TableFile['failures'] };
  checkRuns(command, file, planned, null);
  const finished = new Set(file.runs.map(({ config }) => runKey(config)));
  const runs = planned.filter((config) => !finished.has(runKey(config)));

  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const say = (line: string) => {
    printer.line(line);
  };
  const kept = planned.length - runs.length;
  let saved = kept;
  const release = onInterruption(() => keptWords({ kept: saved, all: planned.length, what: 'runs', json }));
  let failures = 0;
  const datasets = lastOnly(async (name: DatasetName) => {
    const dataset = await readDataset(name, { ...command.data, onProgress: say });
    checkRuns(
      command,
      file,
      planned.filter(({ scenario }) => scenarios[scenario].dataset === name),
      dataMarkOf(dataset),
    );
    return dataset;
  });
  const nameOf = ({ scenario }: RunConfig) => scenarios[scenario].dataset;
  try {
    if (runs.length > 0) {
      const backend = await startNodeBackend(command.backend);
      // Loaded late: TensorFlow.js must find WebGPU in place.
      const { runSeed } = await import('./runSeed.ts');
      say(
        `${tableName(table)} · ${planned.length} runs${kept > 0 ? `, ${kept} of them already in ${json ?? ''}` : ''} · ${backend.name}`,
      );
      const start = performance.now();
      for (const [index, config] of runs.entries()) {
        const dataset = await datasets(nameOf(config));
        const what = `${config.scenario} ${config.method} M = ${config.memoryPerClass} seed ${config.seed} (${index + 1} of ${runs.length})`;
        const progress = ({ step, totalSteps, preparing }: RunProgress) => ({
          what,
          doneSteps: index * totalSteps + step,
          totalSteps: runs.length * totalSteps,
          elapsedSeconds: (performance.now() - start) / 1_000,
          preparing,
        });
        const outcome = await runSeed(dataset, [config], backend, (run) => {
          printer.update(progress(run));
        });
        const [result] = outcome.results;
        if (result === null) {
          const reason = outcome.stopped.at(0)?.reason ?? 'The run ended without a result.';
          file = { ...file, failures: [...file.failures, { config, reason }] };
          failures += 1;
          say(`${what} failed: ${reason}`);
        } else {
          const facts = {
            backend: backend.name,
            version: engineVersion,
            data: dataMarkOf(dataset),
            seconds: outcome.seconds,
          };
          file = { ...file, runs: [...file.runs, storedRun(result, outcome.evaluations, facts)] };
        }
        output?.keep(tableFileText(withMixtures(file)), say);
        if (output?.failure === null) saved = kept + index + 1 - failures;
        outcome.directSteps.forEach(say);
        say(progressLine(progress({ step: 1, totalSteps: 1, preparing: null })));
      }
    } else {
      // Data that a person names may be other data.
      if (command.data.data !== undefined) await datasets(nameOf(planned[0]));
      say(`${tableName(table)} · ${planned.length} of ${planned.length} runs are already in ${json ?? ''}.`);
    }
    const { mixed = [] } = withMixtures(file);
    process.stdout.write(formatTable(tableLines(rows, seeds, findRun(file)), command.format, mixed));
    if (output?.failure) {
      say(output.failure);
      return 2;
    }
    return failures === 0 ? 0 : 1;
  } finally {
    release();
  }
}
