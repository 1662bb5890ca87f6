import { expect, it } from 'vitest';
import { type RunProgress, runSeed } from '../../../src/cli/runSeed.ts';
import { scenarioSettings } from '../../../src/core/config.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticPictures } from '../engine/syntheticPictures.ts';

it('tells of every step, and of every update of an autoencoder before a task, by its method', {
  timeout: 60_000,
}, async () => {
  const settings = {
    ...scenarioSettings('split-cifar10'),
    ...{
      samplesPerTask: 20,
      filters: 1,
      memoryPerClass: 2,
      aeFilters: 2,
      aeEpochs: 2,
      aeReplays: 4,
      aeCandidates: 8,
    },
  };
  const lanes = [
    { ...settings, method: 'er' as const },
    { ...settings, method: 'ae-mir' as const },
  ];
  const told: RunProgress[] = [];
  const { results } = await runSeed(
    syntheticPictures(32, 14, 2),
    lanes,
    await startTestBackend('wasm'),
    (progress) => told.push(progress),
    { evaluatesBetween: false },
  );
  expect(results.map((result) => result?.steps)).toEqual([10, 10]);
  expect(told.filter(({ preparing }) => preparing === null).map(({ step, totalSteps }) => [step, totalSteps])).toEqual(
    Array.from({ length: 10 }, (_, index) => [index + 1, 10]),
  );
  // Two passes over two batches before each task of two steps; what is stored is encoded anew at the end.
  const updates = told.flatMap(({ step, preparing }) =>
    preparing === null || preparing.share === 1 ? [] : [[step, preparing.method, preparing.share]],
  );
  expect(updates).toEqual([0, 2, 4, 6, 8].flatMap((step) => [0.25, 0.5, 0.75].map((share) => [step, 'ae-mir', share])));
});
