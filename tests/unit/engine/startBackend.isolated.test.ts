import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { expect, it } from 'vitest';
import { startBackend } from '../../../src/engine/backends.ts';

const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');

it('starts wasm for each of two that ask for it at the same moment, as a lesson and the run before it do', async () => {
  const files = join(dirname(wasm), 'dist', sep);
  const both = await Promise.all([startBackend('wasm', files), startBackend('wasm', files)]);
  expect(both.map(({ name }) => name)).toEqual(['wasm', 'wasm']);
});

it('starts a backend after one that could not be started', async () => {
  const [first, second] = await Promise.allSettled([startBackend('webgpu', ''), startBackend('cpu', '')]);
  expect(first.status).toBe('rejected');
  expect(second).toMatchObject({ status: 'fulfilled', value: { name: 'cpu' } });
});
