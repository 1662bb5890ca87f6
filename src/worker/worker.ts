import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import wasmThreadedSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import { startBackend } from '../engine/backend.ts';
import { datasetSources } from './datasetSources.ts';
import { keepDataset } from './keptDataset.ts';
import { openDataFiles } from './openDataFiles.ts';
import { Player } from './player.ts';
import type { Command } from './protocol.ts';
import type { Post } from './session.ts';

const wasmFiles = {
  'tfjs-backend-wasm.wasm': wasmPlain,
  'tfjs-backend-wasm-simd.wasm': wasmSimd,
  'tfjs-backend-wasm-threaded-simd.wasm': wasmThreadedSimd,
};

const post: Post = (report, transfer) => self.postMessage(report, { transfer });

const player = new Player({
  post,
  // The page names its worker after its own address.
  sources: datasetSources(self.name, (text) => post({ kind: 'notice', text }, [])),
  startBackend: (choice, onLost) => startBackend(choice, wasmFiles, onLost),
  openFiles: openDataFiles,
  keep: (name, dataset) => (name === 'mnist' ? Promise.resolve(null) : keepDataset(name, dataset)),
});

self.addEventListener('message', (event: MessageEvent<Command>) => player.handle(event.data));
self.addEventListener('unhandledrejection', (event) => player.fail(event.reason));
