import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/core/config.ts';
import type { StepTime } from '../../../src/core/events.ts';
import { startTestWebgpu } from './startTestWebgpu.ts';

const webgpu = await startTestWebgpu();
// It must find WebGPU when it is loaded.
const tf = await import('@tensorflow/tfjs');
const { startBackend } = await import('../../../src/engine/backends.ts');

const lanes = [presetConfig('split-mnist', 'er-mir', { hidden: 8, candidates: 10 })];
const wasmFiles = join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')), sep);

/** What a visitor's browser keeps, and what happens on a visit. */
function visitor() {
  const kept = new Map<string, readonly StepTime[]>();
  const log: string[] = [];
  let clock = 0;
  return {
    kept,
    log,
    visit: () =>
      startBackend('auto', wasmFiles, undefined, 'one', {
        lanes,
        store: {
          get: (key) => Promise.resolve(kept.get(key)),
          set(key, times) {
            kept.set(key, times);
            return Promise.resolve();
          },
        },
        // Each look at the clock on WebGPU comes ten times as late.
        now() {
          log.push(tf.getBackend());
          return (clock += tf.getBackend() === 'webgpu' ? 10 : 1);
        },
        onPreparing: () => log.push('preparing'),
      }),
  };
}

describe.skipIf(webgpu === null)('auto', () => {
  it('takes no steps beside an imitated graphics card to find out that it is wasm', async () => {
    const { visit, log } = visitor();
    const report = await visit();
    expect(report.name).toBe('wasm');
    expect(report.measured).toBeUndefined();
    expect(report.passedOver.map(({ name }) => name)).toEqual(['webgpu', 'webgl']);
    expect(log).toEqual([]);
  });

  it('times a few steps beside hardware, once, and takes the quickest', async () => {
    hideThatItIsSoftware();
    const { visit, log, kept } = visitor();
    const first = await visit();
    expect(first).toMatchObject({ name: 'wasm', hardware: false });
    expect(tf.getBackend()).toBe('wasm');
    expect(first.measured?.map(({ name }) => name)).toEqual(['webgpu', 'wasm']);
    expect(first.passedOver).toEqual([{ name: 'webgpu', reason: 'A step of these lanes takes 1 ms there.' }]);
    expect(new Set(log)).toEqual(new Set(['preparing', 'webgpu', 'wasm']));

    log.length = 0;
    expect(await visit()).toEqual(first);
    expect(log).toEqual([]);

    // Where the card is the quickest its programs are made before the first step.
    for (const [key, times] of kept)
      kept.set(
        key,
        times.toReversed().map((time, index) => ({ ...time, name: times[index].name })),
      );
    expect(await visit()).toMatchObject({ name: 'webgpu', hardware: true });
    expect(log[0]).toBe('preparing');
    expect(tf.getBackend()).toBe('webgpu');
  });
});

/** Gives the imitated card the name of another. */
function hideThatItIsSoftware(): void {
  const { gpu } = navigator;
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  Object.defineProperty(gpu, 'requestAdapter', {
    async value() {
      const found = await requestAdapter();
      return found && Object.defineProperty(found, 'info', { value: { vendor: 'acme', architecture: 'one' } });
    },
  });
}
