import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readMnist } from '../../../src/cli/data/readDataset.ts';
import type { RunConfig } from '../../../src/core/config.ts';
import type { WholeDataset } from '../../../src/core/dataset.ts';
import { storedRunConfigSchema } from '../../../src/core/storedRun.ts';
import { runExperiment } from '../../../src/engine/experiment.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticPictures } from '../engine/syntheticPictures.ts';
import { firstTestImages } from '../firstTestImages.ts';

/**
 * Runs as they were before the engine was rearranged, with every setting that there was then, so that no preset has a say.
 * They have since been recorded anew, shorter and with their losses, by code that gave the longer ones.
 */
const recordedSchema = z.object({
  settings: z.record(z.string(), z.unknown()),
  runs: z.array(
    z.object({
      method: z.string(),
      seed: z.number(),
      accuracyMatrix: z.array(z.array(z.number())),
      negativeElbo: z.number().nullable(),
      /** Of every step: accuracies of few images would tell little. */
      losses: z.array(z.number()),
    }),
  ),
});

type RecordedRun = z.infer<typeof recordedSchema>['runs'][number];

/** MNIST with its first 1,000 test images. */
const digits = readMnist().then((dataset) => firstTestImages(dataset, 1_000));

/** Trains lanes in lockstep on wasm, as the command does. */
async function train(dataset: WholeDataset, lanes: readonly RunConfig[]): Promise<RecordedRun[]> {
  const backend = await startTestBackend('wasm');
  const losses = lanes.map((): number[] => []);
  const runs: RecordedRun[] = [];
  for await (const event of runExperiment({ dataset, lanes, backend, evaluatesBetween: false })) {
    if (event.kind === 'progress') losses[event.lane].push(...event.losses);
    if (event.kind !== 'finished') continue;
    for (const [lane, { method, seed }] of lanes.entries()) {
      const { accuracyMatrix = [], negativeElbo = null } = event.results[lane] ?? {};
      runs.push({
        method,
        seed,
        accuracyMatrix: accuracyMatrix.map((row) => [...row]),
        negativeElbo,
        losses: losses[lane],
      });
    }
  }
  return runs;
}

it.each<[string, () => WholeDataset | Promise<WholeDataset>]>([
  ['er-and-er-mir', () => digits],
  ['fine-tune-and-iid', () => digits],
  ['gem', () => digits],
  ['icarl', () => digits],
  ['gen-and-gen-mir', () => digits],
  ['permuted-mnist', () => digits],
  ['split-cifar10', () => syntheticPictures(32, 10, 2)],
])('gives the recorded numbers on wasm, to the last digit: %s', async (name, dataset) => {
  const file = new URL(`../../fixtures/recorded/${name}.json`, import.meta.url);
  const { settings, runs } = recordedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const images = await dataset();
  for (const seed of new Set(runs.map((run) => run.seed))) {
    const expected = runs.filter((run) => run.seed === seed);
    const found = await train(
      images,
      expected.map(({ method }) => storedRunConfigSchema.parse({ ...settings, method, seed })),
    );
    expect(found).toHaveLength(expected.length);
    for (const [lane, { losses, ...run }] of expected.entries()) {
      expect(found[lane]).toMatchObject(run);
      expect(found[lane].losses).toHaveLength(losses.length);
      // How the mean of ten is rounded may differ; the last bit of one of the ten, a float32, moves it by far more.
      for (const [step, loss] of losses.entries()) expect(found[lane].losses[step]).toBeCloseTo(loss, 10);
    }
  }
});
