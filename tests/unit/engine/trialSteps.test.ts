import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { presetConfig, type RunConfig } from '../../../src/core/config.ts';
import { methods, methodsOf } from '../../../src/core/methods.ts';
import { trialSteps } from '../../../src/engine/backendChoice.ts';
import { startTestBackend } from './startTestBackend.ts';

beforeAll(() => startTestBackend('wasm'));

const small = { hidden: 8, filters: 1, vaeHidden: 8, vaeLatents: 3, genIterations: 1, clsIterations: 1 } as const;
const hybrid = { aeFilters: 2, aeReplays: 4, aeCandidates: 8 } as const;

/** Kinds of the first parts of a trial. */
async function kindsOf(lanes: readonly RunConfig[], count: number): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { kind, steps } of trialSteps(lanes, () => (kinds.at(-1)?.startsWith('steps') ? 10 : 1))) {
    kinds.push(`${kind} ${steps}`);
    if (kinds.length === count) break;
  }
  return kinds;
}

it.each([
  ...methodsOf('split-mnist').map((method) => presetConfig('split-mnist', method, small)),
  ...methodsOf('split-cifar10')
    .filter((method) => method.startsWith('ae') || method === 'er-mir')
    .map((method) => presetConfig('split-cifar10', method, { ...small, ...hybrid, candidates: 10 })),
])('$method in $scenario gets to its second task and frees all that it made', async (config) => {
  const before = tf.memory().numTensors;
  const filling = config.scenario === 'split-mnist' && methods[config.method].family === 'replay' ? 5 : 2;
  const fillings = config.scenario === 'split-cifar10' && config.method === 'er-mir' ? 1 : filling;
  expect(await kindsOf([config], fillings + 2)).toEqual([
    ...Array<string>(fillings).fill('filling 1'),
    'first 1',
    'steps 1',
  ]);
  expect(tf.memory().numTensors).toBe(before);
});

it('takes several lanes together, and goes on for as long as it is asked', async () => {
  const lanes = [presetConfig('permuted-mnist', 'fine-tune', small), presetConfig('permuted-mnist', 'er-mir', small)];
  expect((await kindsOf(lanes, 10)).slice(5)).toEqual(['first 1', 'steps 1', 'steps 10', 'steps 10', 'steps 10']);
});
