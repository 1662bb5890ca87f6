import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../src/core/config.ts';
import { drawWithoutReplacement, randomStream } from '../../../../src/core/random.ts';
import { splitMnist } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { Reservoir } from '../../../../src/engine/memory/reservoir.ts';
import { aGem } from '../../../../src/engine/methods/aGem.ts';
import { learnerOf } from '../../../../src/engine/methods/learner.ts';
import { mlp } from '../../../../src/engine/models/mlp.ts';
import { dot } from '../gemProblems.ts';
import { classLosses, dropAll } from '../outputs.ts';
import { plainGradient, type PlainLayer, plainLoss, plainStep } from '../plainMlp.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

const dataset = syntheticDataset(60, 10);
const [size, hidden] = [36, 9];
const classifier = mlp([size, hidden, hidden, 10]);
const small = { samplesPerTask: 60, hidden, memoryPerClass: 3, budget: 4, seed: 3, learningRate: 0.1 };
const config = { ...defaultSettings, ...small, method: 'a-gem' } as const;
const images = imageSource(dataset.train, splitMnist.view(config, dataset));
const steps = sequentialStream(
  splitMnist.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config),
  dataset.train.labels,
);
const flat = (network: readonly PlainLayer[]) => network.flatMap(({ weight, bias }) => [...weight.flat(), ...bias]);
const imageOf = (sample: number) =>
  Array.from(dataset.train.pixels.subarray(sample * size, (sample + 1) * size), (byte) => byte / 255);

describe.each(testBackends)('a-gem on %s', (backend) => {
  beforeAll(async () => {
    await startTestBackend(backend);
  });

  it('steps where plain arrays step, and frees its tensors', async () => {
    const before = tf.memory().numTensors;
    const input = { config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 };
    const learner = learnerOf(aGem(input), config.iterations);
    const { parameters } = classifier.init(randomStream(config.seed, 'init'));
    let network: PlainLayer[] = await Promise.all(
      ['0', '2', '4'].map(async (name) => ({
        weight: (await parameters[`${name}.weight`].array()) as number[][],
        bias: (await parameters[`${name}.bias`].array()) as number[],
      })),
    );
    tf.dispose(Object.values(parameters));

    const memory = new Reservoir(30, randomStream(config.seed, 'memory'));
    const random = randomStream(config.seed, 'retrieval');
    const gradientOf = (samples: readonly number[]) =>
      plainGradient(
        network,
        samples.map(imageOf),
        samples.map((sample) => dataset.train.labels[sample]),
      );
    const projections = { made: 0, spared: 0 };
    for (const { batches } of steps) {
      const incoming = gradientOf([...batches[0].samples]);
      const gradients = [incoming];
      if (memory.size > 0) {
        const slots = drawWithoutReplacement(
          Int32Array.from({ length: memory.size }, (_, slot) => slot),
          4,
          random,
        );
        const reference = gradientOf([...slots].map((slot) => memory.samples[slot]));
        const product = dot(flat(incoming), flat(reference));
        const share = product / dot(flat(reference), flat(reference));
        projections[product < 0 ? 'made' : 'spared'] += 1;
        if (product < 0)
          gradients.push(
            reference.map(({ weight, bias }) => ({
              weight: weight.map((row) => row.map((w) => -share * w)),
              bias: bias.map((b) => -share * b),
            })),
          );
      }
      network = plainStep(network, gradients, config.learningRate);
      memory.add(batches[0]);
      dropAll(learner.observe(batches[0], null, false));
    }
    expect(Math.min(projections.made, projections.spared)).toBeGreaterThan(3);
    expect(learner.stored()).toEqual(memory.contents());

    const probe = { source: images, samples: Int32Array.of(5), tasks: Int32Array.of(1) };
    const expected = Array.from({ length: 10 }, (_, label) => plainLoss(network, imageOf(5), label));
    expect(relativeError(await classLosses(learner, probe, 10), expected)).toBeLessThan(1e-3);
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
