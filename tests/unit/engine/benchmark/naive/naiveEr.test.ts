import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type RunConfig, scenarioSettings, type ScoreName } from '../../../../../src/core/config.ts';
import { initialRetrieval } from '../../../../../src/core/methods.ts';
import type { WholeSet } from '../../../../../src/core/dataset.ts';
import { below, randomStream } from '../../../../../src/core/random.ts';
import { splitCifar10 } from '../../../../../src/core/scenarios.ts';
import { type Batch, sequentialStream } from '../../../../../src/core/stream.ts';
import { naiveEr } from '../../../../../src/engine/benchmark/naive/er.ts';
import { methodMakers } from '../../../../../src/engine/createLearner.ts';
import { imageSource } from '../../../../../src/engine/data/imageSource.ts';
import { learnerOf } from '../../../../../src/engine/methods/learner.ts';
import { mlp, resnet18 } from '../../../../../src/engine/models/networks.ts';
import { dropAll, read } from '../../outputs.ts';
import { relativeError } from '../../referenceFile.ts';
import { syntheticPictures } from '../../syntheticPictures.ts';

const random = randomStream(7, 'data');
const imageSize = 12;
const imageShape = [imageSize, 1, 1] as const;
const train: WholeSet = {
  count: 200,
  labels: Uint8Array.from({ length: 200 }, (_, sample) => sample % 4),
  pixels: Uint8Array.from({ length: 200 * imageSize }, () => below(256, random)),
};

const images = imageSource(train, { range: [0, 1], permutation: () => null });

/** Ten batches of task 1, then ten of task 2. */
const batches = Array.from({ length: 20 }, (_, index): Batch => {
  const samples = Int32Array.from({ length: 10 }, (_value, row) => index * 10 + row);
  return {
    samples,
    labels: samples.map((sample) => train.labels[sample]),
    tasks: new Int32Array(10).fill(index < 10 ? 1 : 2),
  };
});

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('naiveEr', () => {
  it.each<[RunConfig['method'], ScoreName]>([
    ['fine-tune', 'mi2'],
    ['er', 'mi2'],
    ['er-mir', 'mi1'],
    ['er-mir', 'mi2'],
  ])('does the work of the engine’s %s with %s: equal losses at every step', async (method, retrievalScore) => {
    const config: RunConfig = {
      ...defaultSettings,
      method,
      retrievalScore,
      seed: 3,
      memoryPerClass: 10,
      candidates: 15,
      budget: 5,
    };
    const input = { config, classifier: mlp([imageSize, 9, 4]), images, imageShape, classCount: 4, taskCount: 2 };
    const engine = learnerOf(methodMakers[method](input), config.iterations);
    const naive = naiveEr(input, initialRetrieval(method));
    for (const batch of batches) {
      const expected = await read(engine.observe(batch, initialRetrieval(method), false).losses);
      const losses = await (await naive.observe(batch)).data();
      losses.forEach((loss, index) => expect(loss).toBeCloseTo(expected[index], 4));
    }
  });

  it('leaves no tensor behind', async () => {
    const config: RunConfig = { ...defaultSettings, method: 'er-mir', memoryPerClass: 10, candidates: 15, budget: 5 };
    const before = tf.memory().numTensors;
    const naive = naiveEr(
      { config, classifier: mlp([imageSize, 9, 4]), images, imageShape, classCount: 4, taskCount: 2 },
      'mir',
    );
    for (const batch of batches) (await naive.observe(batch)).dispose();
    naive.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does the work of the engine’s er-mir with a ResNet', async () => {
    // Three tasks of one step, of noise, on cpu, which rounds alike: this training magnifies rounding errors, and batch normalisation of pictures that are nearly alike would do so at once.
    const like = syntheticPictures(25, 20, 1);
    const pictures = { ...like, train: { ...like.train, pixels: like.train.pixels.map(() => below(256, random)) } };
    const config: RunConfig = {
      ...scenarioSettings('split-cifar10'),
      method: 'er-mir',
      seed: 3,
      samplesPerTask: 10,
      memoryPerClass: 2,
      candidates: 8,
      budget: 5,
      learningRate: 0.005,
    };
    const input = {
      config,
      classifier: resnet18({ imageShape: pictures.imageShape, classes: 10, filters: 1 }),
      images: imageSource(pictures.train, splitCifar10.view(config, pictures)),
      imageShape: pictures.imageShape,
      classCount: 10,
      taskCount: 5,
    };
    const before = tf.memory().numTensors;
    const engine = learnerOf(methodMakers['er-mir'](input), config.iterations);
    const naive = naiveEr(input, 'mir');
    const steps = sequentialStream(
      splitCifar10.tasks({ train: pictures.train.labels, test: pictures.test.labels }, config),
      pictures.train.labels,
    );
    for (const {
      batches: [batch],
    } of steps.slice(0, 3)) {
      const observed = engine.observe(batch, 'mir', false);
      const losses = await naive.observe(batch);
      expect(relativeError(await losses.data(), await read(observed.losses))).toBeLessThan(1e-4);
      losses.dispose();
      dropAll(observed);
    }
    engine.dispose();
    naive.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
