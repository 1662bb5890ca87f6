import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type Retrieval, type RunConfig } from '../../../../../src/core/config.ts';
import { splitMnist } from '../../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../../src/core/stream.ts';
import { naiveGen } from '../../../../../src/engine/benchmark/naive/gen.ts';
import { imageSource } from '../../../../../src/engine/data/imageSource.ts';
import { gen } from '../../../../../src/engine/methods/gen.ts';
import { learnerOf } from '../../../../../src/engine/methods/learner.ts';
import { mlp } from '../../../../../src/engine/models/networks.ts';
import { dropAll, read } from '../../outputs.ts';
import { relativeError } from '../../referenceFile.ts';
import { startTestBackend, testBackends } from '../../startTestBackend.ts';
import { syntheticDataset } from '../../syntheticDataset.ts';

const dataset = syntheticDataset(60, 10);
const images = imageSource(dataset.train, splitMnist.view({ seed: 0 }, dataset));
const small: RunConfig = {
  ...defaultSettings,
  method: 'gen-mir',
  samplesPerTask: 40,
  hidden: 9,
  seed: 5,
  vaeHidden: 12,
  vaeLatents: 4,
  vaeDepth: 2,
  vaeDropout: 0.2,
  genIterations: 5,
  clsIterations: 2,
  replayBatches: 3,
  genLearningRate: 0.5,
  memoryCoefficient: 5,
  betaMax: 0.5,
  betaWarmup: 30,
  ascentSteps: 2,
  // Large, so that each term moves the losses by far more than rounding does.
  clsInterference: 20,
  clsEntropy: 10,
  clsDiversity: 20,
  clsShell: 1,
  genReconstruction: 100,
  genKl: 500,
  genEntropy: 10,
  genDiversity: 10,
  genShell: 1,
};
const inputOf = (config: RunConfig) => ({
  config,
  classifier: mlp([36, 10]),
  images,
  imageShape: [6, 6, 1] as const,
  classCount: 10,
  taskCount: 5,
});
const stepsOf = (config: RunConfig) =>
  sequentialStream(
    splitMnist.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config),
    dataset.train.labels,
  );

describe.each(testBackends)('naiveGen on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it.each<[string, Retrieval, Partial<RunConfig>]>([
    ['random', 'random', {}],
    ['MIR on both networks', 'mir', {}],
    [
      'MIR on the classifier, with another depth',
      'mir',
      { genReconstruction: 0, genKl: 0, genEntropy: 0, genDiversity: 0, genShell: 0, vaeDepth: 1, vaeDropout: 0 },
    ],
  ])(
    'does the work of the engine’s learner: equal losses over ten steps of three tasks, %s',
    async (_name, retrieval, change) => {
      const config = { ...small, ...change };
      const engine = learnerOf(gen(inputOf(config)), config.iterations);
      const naive = naiveGen(inputOf(config), retrieval);
      for (const [
        index,
        {
          task,
          batches: [batch],
        },
      ] of stepsOf(config).slice(0, 10).entries()) {
        if (index > 0 && index % 4 === 0) {
          await engine.finishTask?.();
          naive.finishTask();
        }
        expect(task).toBe(1 + Math.floor(index / 4));
        const observed = engine.observe(batch, retrieval, false);
        const losses = await naive.observe(batch);
        expect(relativeError(await losses.data(), await read(observed.losses))).toBeLessThan(1e-4);
        losses.dispose();
        dropAll(observed);
      }
      // The generator's losses are never given out; what it has learnt is.
      const samples = Int32Array.from({ length: 20 }, (_, sample) => sample);
      const tasks = new Int32Array(20).fill(1);
      const { elbo } = engine.evaluate({ kind: 'images', source: images, samples, tasks });
      if (elbo === null) throw new Error('The engine’s learner has a generator.');
      const parts = await read(elbo);
      const expected = parts.slice(0, 20).map((reconstruction, image) => reconstruction + parts[20 + image]);
      const { images: pictures } = images.tensors(samples, tasks);
      expect(relativeError(await naive.negativeElbo(pictures).data(), expected)).toBeLessThan(1e-5);
      engine.dispose();
      naive.dispose();
    },
  );

  it('keeps no tensor from step to step and frees all', async () => {
    const before = tf.memory().numTensors;
    const naive = naiveGen(inputOf(small), 'mir');
    const alive: number[] = [];
    for (const [
      index,
      {
        batches: [batch],
      },
    ] of stepsOf(small).slice(0, 8).entries()) {
      if (index === 4) naive.finishTask();
      (await naive.observe(batch)).dispose();
      alive.push(tf.memory().numTensors);
    }
    expect(new Set(alive.slice(0, 4)).size).toBe(1);
    expect(new Set(alive.slice(4)).size).toBe(1);
    naive.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
