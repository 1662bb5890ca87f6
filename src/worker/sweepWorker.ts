import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import wasmThreadedSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import { startBackend } from '../engine/backend.ts';
import type { PreparedName } from '../engine/data/preparedData.ts';
import type { DatasetName } from '../engine/scenarios/scenario.ts';
import type { DataSource } from './dataSource.ts';
import { holdLifeline } from './lifeline.ts';
import { PreparedSource } from './preparedSource.ts';
import type { SweepCommand, SweepReport } from './sweepProtocol.ts';
import { SweepRunner } from './sweepRunner.ts';

const wasmFiles = {
  'tfjs-backend-wasm.wasm': wasmPlain,
  'tfjs-backend-wasm-simd.wasm': wasmSimd,
  'tfjs-backend-wasm-threaded-simd.wasm': wasmThreadedSimd,
};
// The processor's threads go to the workers, one each.
setThreadsCount(1);

const post = (report: SweepReport) => self.postMessage(report);
const sources = new Map<PreparedName, DataSource>();

function prepared(name: PreparedName): DataSource {
  const known = sources.get(name);
  if (known) return known;
  // The page names its worker after its own address.
  const source = new PreparedSource(name, new URL(`data/${name}/`, self.name), {
    onNotice: (text) => post({ kind: 'notice', text }),
  });
  sources.set(name, source);
  return source;
}

function sourceOf(dataset: DatasetName): Promise<DataSource> {
  if (dataset !== 'miniimagenet') return Promise.resolve(prepared(dataset));
  return Promise.reject(new Error('MiniImagenet cannot be downloaded from here. Open your own copy of its images.'));
}

const runner = new SweepRunner({
  post,
  holdLifeline,
  sourceOf,
  startBackend: (choice, onLost) => startBackend(choice, wasmFiles, onLost),
});

self.addEventListener('message', (event: MessageEvent<SweepCommand>) => runner.handle(event.data));
