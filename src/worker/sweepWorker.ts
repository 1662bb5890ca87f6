import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { startBackend } from '../engine/backends.ts';
import { holdLifeline } from '../link/poolWorker.ts';
import type { SweepCommand, SweepReport } from '../link/protocol.ts';
import { datasetSources } from './datasetSources.ts';
import { SweepRunner } from './sweepRunner.ts';
import { wasmFiles } from './wasmFiles.ts';

// The processor's threads go to the workers, one each.
setThreadsCount(1);

const post = (report: SweepReport) => self.postMessage(report);
// The page names its worker after its own address.
const sources = datasetSources(self.name, (text) => post({ kind: 'notice', text }));

const runner = new SweepRunner({
  post,
  holdLifeline,
  sourceOf: (dataset) => sources.of(dataset),
  startBackend: (choice, onLost) => startBackend(choice, wasmFiles, onLost),
});

self.addEventListener('message', (event: MessageEvent<SweepCommand>) => runner.handle(event.data));
