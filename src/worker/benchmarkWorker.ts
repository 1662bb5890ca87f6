import { startBackend } from '../engine/backends.ts';
import type { BenchmarkCommand, BenchmarkReport } from '../link/protocol.ts';
import { runBenchmark } from './benchmarkRunner.ts';
import { datasetSources } from './datasetSources.ts';
import { wasmFiles } from './wasmFiles.ts';

const post = (report: BenchmarkReport) => self.postMessage(report);
// The page names its worker after its own address.
const sources = datasetSources(self.name, (text) => post({ kind: 'notice', text }));

self.addEventListener('message', ({ data }: MessageEvent<BenchmarkCommand>) => {
  void runBenchmark(data, {
    post,
    sourceOf: (dataset) => sources.of(dataset),
    startBackend: (choice, onLost) => startBackend(choice, wasmFiles, onLost, 'several'),
    now: () => performance.now(),
  });
});
