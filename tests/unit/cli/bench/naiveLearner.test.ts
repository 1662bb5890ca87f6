import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { naiveLearner } from '../../../../src/cli/bench/naiveLearner.ts';
import { defaultSettings, initialRetrieval, type RunConfig, type ScoreName } from '../../../../src/engine/config.ts';
import type { ImageSet } from '../../../../src/engine/data/dataset.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import type { Batch } from '../../../../src/engine/data/stream.ts';
import { methods } from '../../../../src/engine/methods/methods.ts';
import { mlp } from '../../../../src/engine/models/mlp.ts';
import { below, randomStream } from '../../../../src/engine/random.ts';

const random = randomStream(7, 'data');
const imageSize = 12;
const imageShape = [imageSize, 1, 1] as const;
const train: ImageSet = {
  count: 200,
  labels: Uint8Array.from({ length: 200 }, (_, sample) => sample % 4),
  pixels: Uint8Array.from({ length: 200 * imageSize }, () => below(256, random)),
};

const images = imageSource(train, { range: [0, 1], permutation: () => null });

/** Ten batches of task 1, then ten of task 2. */
const batches = Array.from({ length: 20 }, (_, index): Batch => {
  const samples = Int32Array.from({ length: 10 }, (_value, row) => index * 10 + row);
  return { samples, labels: samples.map((sample) => train.labels[sample]), tasks: new Int32Array(10).fill(index < 10 ? 1 : 2) };
});

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('naiveLearner', () => {
  it.each<[RunConfig['method'], ScoreName]>([['fine-tune', 'mi2'], ['er', 'mi2'], ['er-mir', 'mi1'], ['er-mir', 'mi2']])(
    'does the work of the engine’s %s with %s: equal losses at every step',
    async (method, retrievalScore) => {
      const config: RunConfig = { ...defaultSettings, method, retrievalScore, seed: 3, memoryPerClass: 10, candidates: 15, budget: 5 };
      const input = { config, classifier: mlp([imageSize, 9, 4]), images, imageShape, classCount: 4, taskCount: 2 };
      const engine = methods[method].create(input);
      const naive = naiveLearner(input, initialRetrieval(method));
      for (const batch of batches) {
        const observed = await engine.observe(batch, initialRetrieval(method), false);
        const expected = await observed.losses.data();
        const losses = await naive.observe(batch).data();
        losses.forEach((loss, index) => expect(loss).toBeCloseTo(expected[index], 4));
      }
    },
  );

  it('leaves no tensor behind', () => {
    const config: RunConfig = { ...defaultSettings, method: 'er-mir', memoryPerClass: 10, candidates: 15, budget: 5 };
    const before = tf.memory().numTensors;
    const naive = naiveLearner({ config, classifier: mlp([imageSize, 9, 4]), images, imageShape, classCount: 4, taskCount: 2 }, 'mir');
    for (const batch of batches) naive.observe(batch).dispose();
    naive.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
