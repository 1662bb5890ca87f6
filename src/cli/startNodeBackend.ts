import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { BackendReport } from '../core/events.ts';
import { type NodeBackendName, UsageError } from './configFlags.ts';

/** The parts of a GPU that this file uses. */
interface NodeGpu {
  requestAdapter(): Promise<object | null>;
}

const remedy =
  'install a Vulkan driver (Debian: libvulkan1 and mesa-vulkan-drivers), or point VK_ICD_FILENAMES at the .json file of one, or use --backend wasm';

/** For how long Dawn asks as often as it can whether the graphics card is done, in milliseconds. */
const eagerFor = 1;

/**
 * Makes Dawn ask less often whether the graphics card is done: it does so by immediates that follow each other without
 * a pause, which keeps a core busy for as long as the card works. After the first millisecond of waiting it now asks
 * once a millisecond. Immediates of others are left alone.
 */
function askLessOften(): void {
  const usual = globalThis.setImmediate;
  let begun = 0;
  let asking = false;
  const patient = (callback: (...given: unknown[]) => void, ...given: unknown[]) => {
    if (callback.name !== '' || !Function.prototype.toString.call(callback).includes('[native code]'))
      return usual(callback, ...given);
    if (!asking) begun = performance.now();
    const ask = () => {
      asking = true;
      try {
        callback(...given);
      } finally {
        asking = false;
      }
    };
    return performance.now() - begun < eagerFor ? usual(ask) : setTimeout(ask, 1);
  };
  globalThis.setImmediate = Object.assign<typeof patient, typeof usual>(patient, usual);
}

/**
 * Puts Dawn's WebGPU where TensorFlow.js expects a browser's; must run before TensorFlow.js is loaded (ARCHITECTURE.md,
 * "Machines").
 */
async function provideWebgpu(dawnOptions: readonly string[]): Promise<void> {
  let gpu: NodeGpu;
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    gpu = create([...dawnOptions]);
    askLessOften();
  } catch (error) {
    throw new UsageError(
      `--backend is "webgpu", but the npm package webgpu does not load here (${(error as Error).message}); run npm ci, or use --backend wasm.`,
    );
  }
  // Node 20 has no navigator; later versions have one without gpu. The reference also keeps Dawn from being collected.
  const holder: object = (globalThis as { navigator?: object }).navigator ?? {};
  Object.defineProperty(holder, 'gpu', { value: gpu, configurable: true });
  // Later versions also have a user agent, and libraries ask for it if they find a navigator.
  if (!('userAgent' in holder))
    Object.defineProperty(holder, 'userAgent', { value: `Node.js/${process.versions.node}`, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: holder, configurable: true });
  if ((await gpu.requestAdapter()) === null) {
    throw new UsageError(`--backend is "webgpu", but no graphics adapter is found; ${remedy}.`);
  }
}

/**
 * Starts a backend of TensorFlow.js in Node. Nothing may have loaded TensorFlow.js before.
 *
 * @param dawnOptions what Dawn's WebGPU is made with, such as `enable-dawn-features=NAME`
 * @throws UsageError if the backend does not start, with what to install or set
 */
export async function startNodeBackend(
  name: NodeBackendName,
  dawnOptions: readonly string[] = [],
): Promise<BackendReport> {
  if (name === 'webgpu') await provideWebgpu(dawnOptions);
  const tf = await import('@tensorflow/tfjs');
  // Keeps advice to use tfjs-node, which does not apply here, out of the progress.
  tf.enableProdMode();
  const { startBackend } = await import('../engine/backends.ts');
  const wasmFolder = join(
    dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
    'dist',
    sep,
  );
  try {
    return await startBackend(name, wasmFolder);
  } catch (error) {
    throw new UsageError(
      `--backend is "${name}", which does not start: ${(error as Error).message} To get it, ${name === 'webgpu' ? remedy : 'run npm ci'}.`,
    );
  }
}
