import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Retrieval, type RunConfig, scenarioSettings } from '../../../../../src/core/config.ts';
import { splitCifar10 } from '../../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../../src/core/stream.ts';
import { naiveAe } from '../../../../../src/engine/benchmark/naive/ae.ts';
import { imageSource } from '../../../../../src/engine/data/imageSource.ts';
import { ae } from '../../../../../src/engine/methods/ae.ts';
import { learnerOf } from '../../../../../src/engine/methods/learner.ts';
import { mlp } from '../../../../../src/engine/models/networks.ts';
import { dropAll, read } from '../../outputs.ts';
import { relativeError } from '../../referenceFile.ts';
import { startTestBackend, testBackends } from '../../startTestBackend.ts';
import { syntheticPictures } from '../../syntheticPictures.ts';

const dataset = syntheticPictures(8, 40, 10);
const gentle: RunConfig = {
  ...scenarioSettings('split-cifar10'),
  method: 'ae-mir',
  samplesPerTask: 60,
  memoryPerClass: 4,
  aeFilters: 6,
  aeEpochs: 1,
  aeReplays: 8,
  aeCandidates: 16,
  aeReplayShare: 0.7,
  learningRate: 0.05,
  seed: 4,
};
/** The ascent decides what is replayed, so that each of its terms shows in the losses; on cpu, where both round nearly alike. */
const sharp: RunConfig = { ...gentle, memoryPerClass: 12, aeReplays: 10, aeCandidates: 60, learningRate: 0.3 };
const inputOf = (config: RunConfig) => ({
  config,
  classifier: mlp([192, 24, 10]),
  images: imageSource(dataset.train, splitCifar10.view(config, dataset)),
  imageShape: dataset.imageShape,
  classCount: 10,
  taskCount: 5,
});
const steps = sequentialStream(
  splitCifar10.tasks({ train: dataset.train.labels, test: dataset.test.labels }, gentle),
  dataset.train.labels,
);
const batchesOf = (task: number) => steps.filter((step) => step.task === task).flatMap((step) => step.batches);

describe.each(testBackends)('naiveAe on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each<Retrieval>(['random', 'mir'])(
    'does the work of the engine’s learner: equal losses over three tasks, %s',
    async (retrieval) => {
      const before = tf.memory().numTensors;
      const input = inputOf(backend === 'cpu' ? sharp : gentle);
      const engine = learnerOf(ae(input), input.config.iterations);
      const naive = naiveAe(input, retrieval);
      for (const task of [1, 2, 3]) {
        for (const preparation of engine.startTask?.(batchesOf(task)) ?? []) dropAll(preparation);
        for (const _ of naive.startTask(batchesOf(task))) continue;
        for (const batch of batchesOf(task).slice(0, 3)) {
          const observed = engine.observe(batch, retrieval, false);
          const losses = await naive.observe(batch);
          expect(relativeError(await losses.data(), await read(observed.losses))).toBeLessThan(1e-3);
          losses.dispose();
          dropAll(observed);
        }
      }
      engine.dispose();
      naive.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
    120_000,
  );
});
