import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { startJax } from '../../../src/cli/jaxEr.ts';
import { defaultSettings, type RunConfig, type ScoreName } from '../../../src/core/config.ts';
import { initialRetrieval } from '../../../src/core/methods.ts';
import type { ImageSet } from '../../../src/core/dataset.ts';
import { below, randomStream } from '../../../src/core/random.ts';
import type { Batch } from '../../../src/core/stream.ts';
import type { MakePeer } from '../../../src/engine/benchmark/stopwatch.ts';
import { methodMakers } from '../../../src/engine/createLearner.ts';
import { imageSource } from '../../../src/engine/data/imageSource.ts';
import { learnerOf } from '../../../src/engine/methods/learner.ts';
import { mlp } from '../../../src/engine/models/networks.ts';
import { dropAll } from '../engine/outputs.ts';
import { relativeError } from '../engine/referenceFile.ts';

const random = randomStream(7, 'data');
const imageSize = 12;
const set: ImageSet = {
  count: 200,
  labels: Uint8Array.from({ length: 200 }, (_, sample) => sample % 4),
  pixels: Uint8Array.from({ length: 200 * imageSize }, () => below(256, random)),
};
const view = { range: [0, 1] as const, permutation: () => null };

/** Eight batches of task 1, then eight of task 2. */
const batches = Array.from({ length: 16 }, (_, index): Batch => {
  const samples = Int32Array.from({ length: 10 }, (_value, row) => index * 10 + row);
  return {
    samples,
    labels: samples.map((sample) => set.labels[sample]),
    tasks: new Int32Array(10).fill(index < 8 ? 1 : 2),
  };
});

let jaxEr: MakePeer;
beforeAll(async () => {
  await tf.setBackend('cpu');
  jaxEr = await startJax('wasm');
});

describe('jaxEr', () => {
  // Replaying other images than the engine picks would change the losses of the steps that follow.
  it.each<[RunConfig['method'], ScoreName]>([
    ['fine-tune', 'mi2'],
    ['er', 'mi2'],
    ['er-mir', 'mi1'],
    ['er-mir', 'mi2'],
  ])(
    'does the work of the engine’s %s with %s in jax-js: equal losses at every step',
    async (method, retrievalScore) => {
      const config: RunConfig = {
        ...defaultSettings,
        method,
        retrievalScore,
        seed: 3,
        memoryPerClass: 10,
        candidates: 12,
        budget: 4,
      };
      const input = {
        config,
        classifier: mlp([imageSize, 9, 7, 4]),
        images: imageSource(set, view),
        training: { set, view, tasks: [] },
        imageShape: [imageSize, 1, 1] as const,
        classCount: 4,
        taskCount: 2,
      };
      const engine = learnerOf(methodMakers[method](input), config.iterations);
      const peer = jaxEr(input, initialRetrieval(method));
      for (const batch of batches) {
        const { losses: expected, ...rest } = engine.observe(batch, initialRetrieval(method), false);
        const losses = await peer.step(batch);
        expect(relativeError(await losses.read(), await expected.read())).toBeLessThan(1e-4);
        dropAll(rest);
      }
      await peer.dispose();
      engine.dispose();
    },
  );
});
