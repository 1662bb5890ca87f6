import { startBackend } from '../engine/backends.ts';
import type { BenchmarkCommand, BenchmarkReport } from '../link/protocol.ts';
import { runBenchmark } from './benchmarkRunner.ts';
import { datasetSources } from './datasetSources.ts';
import { wasmFiles } from './wasmFiles.ts';

const post = (report: BenchmarkReport) => self.postMessage(report);

/** Times the subjects that the page asks for. */
export function begin(page: string): (command: BenchmarkCommand) => void {
  const sources = datasetSources(page, (text) => post({ kind: 'notice', text }));

  return (command) =>
    void runBenchmark(command, {
      post,
      sourceOf: (dataset) => sources.of(dataset),
      startBackend: (choice, onLost) => startBackend(choice, wasmFiles, ({ message }) => onLost(message), 'several'),
      now: () => performance.now(),
    });
}
