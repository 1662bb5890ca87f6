import { performance } from 'node:perf_hooks';
import type { RunConfig } from '../core/config.ts';
import { tableName } from '../core/paperRow.ts';
import { runKey, runOf, tableLines } from '../core/paperTable.ts';
import { type DatasetName, scenarios } from '../core/scenarios.ts';
import { engineVersion, storedRun } from '../core/storedRun.ts';
import { formatTable } from '../core/tableFormats.ts';
import { readDataset } from './data/readDataset.ts';
import type { TableCommand } from './experimentArguments.ts';
import { shardOf } from './flags.ts';
import { progressLine, ProgressPrinter } from './progress.ts';
import { checkWritable } from './resultFile.ts';
import type { RunProgress } from './runSeed.ts';
import { startNodeBackend } from './startNodeBackend.ts';
import { findRun, openTableFile, saveTableFile, type TableFile } from './tableFile.ts';

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

/**
 * Rebuilds a table of the paper. Each run is saved as it ends. Runs that the file already holds are not repeated. A run
 * that fails is named with its cause, and the others go on.
 *
 * @returns the exit code: 1 if a run failed
 */
export async function tableSweep(command: TableCommand): Promise<number> {
  const { table, rows, seeds, json } = command;
  if (json !== null) checkWritable('json', json);
  let file: TableFile = json === null ? { table, runs: [], failures: [] } : openTableFile(json, table);
  const finished = new Set(file.runs.map(({ config }) => runKey(config)));
  const planned = plannedRuns(command);
  const runs = planned.filter((config) => !finished.has(runKey(config)));
  file = { ...file, failures: [] };

  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const backend = await startNodeBackend(command.backend);
  // Loaded late: TensorFlow.js must find WebGPU in place.
  const { runSeed } = await import('./runSeed.ts');
  const kept = planned.length - runs.length;
  printer.line(
    `${tableName(table)} · ${planned.length} runs${kept > 0 ? `, ${kept} of them already in ${json ?? ''}` : ''} · ${backend.name}`,
  );
  const start = performance.now();
  let failures = 0;
  const datasets = lastOnly((name: DatasetName) =>
    readDataset(name, { ...command.data, onProgress: (line) => printer.line(line) }),
  );
  for (const [index, config] of runs.entries()) {
    const dataset = await datasets(scenarios[config.scenario].dataset);
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
      printer.line(`${what} failed: ${reason}`);
    } else {
      const facts = { backend: backend.name, version: engineVersion, seconds: outcome.seconds };
      file = { ...file, runs: [...file.runs, storedRun(result, outcome.evaluations, facts)] };
    }
    if (json !== null) saveTableFile(json, file);
    for (const words of outcome.directSteps) printer.line(words);
    printer.line(progressLine(progress({ step: 1, totalSteps: 1, preparing: null })));
  }

  process.stdout.write(formatTable(tableLines(rows, seeds, findRun(file)), command.format));
  return failures === 0 ? 0 : 1;
}
