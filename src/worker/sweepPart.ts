import { startBackend } from '../engine/backends.ts';
import { holdLifeline } from '../link/poolWorker.ts';
import type { SweepCommand, SweepReport } from '../link/protocol.ts';
import { datasetSources } from './datasetSources.ts';
import { SweepRunner } from './sweepRunner.ts';
import { wasmFiles } from './wasmFiles.ts';

const post = (report: SweepReport) => self.postMessage(report);

/** Trains the runs of a sweep, one after the other. */
export function begin(page: string): (command: SweepCommand) => void {
  const sources = datasetSources(page, (text) => post({ kind: 'notice', text }));

  const runner = new SweepRunner({
    post,
    holdLifeline,
    sourceOf: (dataset) => sources.of(dataset),
    // The workers share the processor's threads, one each.
    startBackend: (choice, onFailure) => startBackend(choice, wasmFiles, onFailure, 'one'),
  });

  return (command) => runner.handle(command);
}
