import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { BackendReport } from '../../../src/core/events.ts';
import { startBackend } from '../../../src/engine/backends.ts';

/** Backends that run in Node on any machine. */
export const testBackends = ['cpu', 'wasm'] as const;

const require = createRequire(import.meta.url);
const wasmFiles = join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out/');

/** Starts a backend for a test. */
export async function startTestBackend(name: (typeof testBackends)[number]): Promise<BackendReport> {
  return startBackend(name, wasmFiles);
}
