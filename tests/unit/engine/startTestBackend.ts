import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { BackendReport } from '../../../src/core/events.ts';
import { startBackend } from '../../../src/engine/backends.ts';

/** Backends that run in Node on any machine. */
export const testBackends = ['cpu', 'wasm'] as const;

const require = createRequire(import.meta.url);
const wasmFiles = join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out/');

/**
 * The wasm backend as it is where threads share its memory, so that no kernels of our own work on its tensors; and gives
 * back what lets go of it.
 */
export async function startWithoutOwnKernels(): Promise<() => void> {
  const renew = () => {
    const factory = tf.findBackendFactory('wasm');
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', factory);
  };
  await startTestBackend('wasm');
  renew();
  await startTestBackend('wasm');
  const { wasm } = tf.backend() as unknown as { readonly wasm: { asm: object } };
  wasm.asm = Object.create(wasm.asm, { memory: { value: undefined } }) as object;
  return renew;
}

/** Starts a backend for a test. */
export async function startTestBackend(name: (typeof testBackends)[number]): Promise<BackendReport> {
  return startBackend(name, wasmFiles);
}
