import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { readMnist } from '../../../src/cli/data/readDataset.ts';
import type { RunConfig } from '../../../src/core/config.ts';
import type { Dataset } from '../../../src/core/dataset.ts';
import { storedRunConfigSchema } from '../../../src/core/storedRun.ts';
import { runExperiment } from '../../../src/engine/experiment.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticPictures } from '../engine/syntheticPictures.ts';

/**
 * Runs as they were before the engine was rearranged, with every setting that there was then, so that no preset has a say.
 */
const recordedSchema = z.object({
  settings: z.record(z.string(), z.unknown()),
  runs: z.array(
    z.object({
      method: z.string(),
      seed: z.number(),
      accuracyMatrix: z.array(z.array(z.number())),
      negativeElbo: z.number().nullable(),
      /** Of every step, where accuracies of few images would tell little. */
      losses: z.array(z.number()).optional(),
    }),
  ),
});

type RecordedRun = z.infer<typeof recordedSchema>['runs'][number];

const pictures = () => syntheticPictures(32, 15, 6);

/** Trains lanes in lockstep on wasm, as the command does. */
async function train(dataset: Dataset, lanes: readonly RunConfig[]): Promise<RecordedRun[]> {
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

it.each<[string, () => Dataset | Promise<Dataset>]>([
  ['er-and-er-mir', () => readMnist()],
  ['fine-tune-and-iid', () => readMnist()],
  ['gem', () => readMnist()],
  ['icarl', () => readMnist()],
  ['gen-and-gen-mir', () => readMnist()],
  ['permuted-mnist', () => readMnist()],
  ['split-cifar10', pictures],
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
    for (const [lane, { losses = [], ...run }] of expected.entries()) {
      expect(found[lane]).toMatchObject(run);
      // How the mean of ten is rounded may differ; a difference in training would have grown by far more.
      for (const [step, loss] of losses.entries()) expect(found[lane].losses?.[step]).toBeCloseTo(loss, 6);
    }
  }
});
