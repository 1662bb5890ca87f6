import { expect, it } from 'vitest';
import { mostWorkersFor } from '../../../src/link/pool.ts';

it.each([
  ['wasm', ['split-mnist'], 2, 1],
  ['wasm', ['split-mnist'], 1, 1],
  ['wasm', ['split-mnist', 'permuted-mnist'], 4, 3],
  ['cpu', ['permuted-mnist'], 64, 8],
  ['wasm', ['split-cifar10'], 16, 2],
  ['wasm', ['split-miniimagenet'], 16, 1],
  ['webgpu', ['split-mnist'], 16, 1],
  ['webgl', ['split-cifar10'], 16, 1],
] as const)('%s on %j with %i threads: %i', (backend, scenarios, threads, count) => {
  expect(mostWorkersFor(backend, scenarios, threads)).toBe(count);
});
