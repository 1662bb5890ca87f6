import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type RunConfig } from '../../../../src/core/config.ts';
import { splitMnist } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { icarl } from '../../../../src/engine/methods/icarl.ts';
import { learnerOf } from '../../../../src/engine/methods/learner.ts';
import { binaryCrossEntropy } from '../../../../src/engine/models/losses.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import { dropAll, read } from '../outputs.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

const dataset = syntheticDataset(100, 10);
const config: RunConfig = {
  ...defaultSettings,
  samplesPerTask: 180,
  hidden: 24,
  memoryPerClass: 8,
  budget: 10,
  iterations: 5,
  learningRate: 0.05,
  seed: 2,
  method: 'icarl',
};
const classifier = mlp([36, 24, 24, 10]);
const images = imageSource(dataset.train, splitMnist.view(config, dataset));
const steps = sequentialStream(
  splitMnist.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config),
  dataset.train.labels,
);

describe.each(testBackends)('icarl on %s', (backend) => {
  beforeAll(async () => {
    await startTestBackend(backend);
  });

  it('sums binary cross-entropies, with their gradient, without overflow', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([
        [0, 2, -300],
        [100, -1, 0],
      ]);
      const targets = tf.tensor2d([
        [1, 0.25, 0],
        [1, 0, 0.5],
      ]);
      const [losses] = [binaryCrossEntropy(logits, targets)];
      const softplus = (x: number) => Math.log1p(Math.exp(x));
      const expected = [softplus(0) + 0.25 * softplus(-2) + 0.75 * softplus(2), softplus(-1) + Math.LN2];
      Array.from(losses.dataSync()).forEach((loss, index) => expect(loss).toBeCloseTo(expected[index], 5));
      const gradient = tf.grad((z) => binaryCrossEntropy(z as tf.Tensor2D, targets))(logits);
      const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
      const slopes = [-0.5, sigmoid(2) - 0.25, 0, 0, sigmoid(-1), 0];
      Array.from(gradient.dataSync()).forEach((slope, index) => expect(slope).toBeCloseTo(slopes[index], 5));
    });
  });

  it('can be evaluated before it has seen any class', async () => {
    const input = { config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 };
    const learner = learnerOf(icarl(input), config.iterations);
    const test = imageSource(dataset.test, splitMnist.view(config, dataset));
    const rows = {
      kind: 'images' as const,
      source: test,
      samples: Int32Array.of(0, 1, 2),
      tasks: Int32Array.of(1, 1, 1),
    };
    const { answers, loss } = learner.evaluate(rows);
    // All classes are equally far, so that the first is named.
    expect(await read(answers)).toEqual([0, 0, 0]);
    expect((await read(loss))[0]).toBeCloseTo(Math.log(10), 5);
    learner.dispose();
  });

  it('keeps an equal share of exemplars per class, never more than the memory holds, and learns every task', async () => {
    const before = tf.memory().numTensors;
    const input = { config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 };
    const learner = learnerOf(icarl(input), config.iterations);
    for (const [index, { task, batches }] of steps.entries()) {
      dropAll(learner.observe(batches[0], null, false));
      if (index + 1 < steps.length && steps[index + 1].task === task) continue;
      await learner.finishTask?.();
      const { labels } = learner.stored();
      const counts = new Map<number, number>();
      for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
      expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 2 * task }, (_, label) => label));
      for (const count of counts.values()) expect(count).toBe(Math.floor(80 / (2 * task)));
    }
    const samples = Int32Array.from({ length: 100 }, (_, index) => index);
    const test = imageSource(dataset.test, splitMnist.view(config, dataset));
    const evaluate = async () => {
      const { answers, loss } = learner.evaluate({
        kind: 'images',
        source: test,
        samples,
        tasks: new Int32Array(100).fill(1),
      });
      return Promise.all([read(answers), read(loss)]);
    };
    const [named, loss] = await evaluate();
    // An evaluation classifies chunk by chunk; the means of the exemplars last from one to the next.
    expect(await evaluate()).toEqual([named, loss]);
    const right = named.filter((answer, index) => answer === dataset.test.labels[samples[index]]).length;
    expect(right).toBeGreaterThan(60);
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
