import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defaultSettings } from '../../../../src/core/config.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { splitMnist } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { gem, gemProjection } from '../../../../src/engine/methods/gem.ts';
import { mlp } from '../../../../src/engine/models/mlp.ts';
import { plainGradient, type PlainLayer, plainStep } from '../plainMlp.ts';
import { referenceFile, relativeError, tensorSchema } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, index) => sum + value * other[index], 0);

function project(gradient: readonly number[], memory: readonly (readonly number[])[], margin: number) {
  const gram = memory.map((row) => memory.map((column) => dot(row, column)));
  const weights = gemProjection(
    gram,
    memory.map((row) => dot(row, gradient)),
    margin,
  );
  const projected = gradient.map(
    (value, index) => value + (weights ?? []).reduce((sum, v, k) => sum + v * memory[k][index], 0),
  );
  return { weights, projected };
}

describe('gemProjection', () => {
  const schema = z.object({
    cases: z.array(
      z.object({ margin: z.number(), gradient: tensorSchema, memoryGradients: tensorSchema, projected: tensorSchema }),
    ),
  });

  it.each(referenceFile('gem', schema).cases)(
    'agrees with the reference figures, margin $margin',
    ({ margin, gradient, memoryGradients, projected }) => {
      const [tasks, size] = memoryGradients.shape;
      const memory = Array.from({ length: tasks }, (_, k) => memoryGradients.data.slice(k * size, (k + 1) * size));
      expect(relativeError(project(gradient.data, memory, margin).projected, projected.data)).toBeLessThan(1e-5);
    },
  );

  it('satisfies the conditions of its quadratic program to 1e-6', () => {
    // Products of float32 gradients are never as small as doubles can be.
    const entry = fc.integer({ min: -200, max: 200 }).map((value) => value / 100);
    const vector = fc.array(entry, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(
        vector,
        fc.array(vector, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0, 0.5),
        (gradient, memory, margin) => {
          const { weights, projected } = project(gradient, memory, margin);
          const hurt = memory.some((row) => dot(row, gradient) < 0);
          expect(weights === null).toBe(!hurt);
          if (weights === null) return;
          weights.forEach((v, k) => {
            // Primal feasibility, dual feasibility and complementary slackness.
            const multiplier = dot(memory[k], projected) + 1e-3 * v;
            expect(v).toBeGreaterThanOrEqual(margin - 1e-6);
            expect(multiplier).toBeGreaterThanOrEqual(-1e-6);
            expect(Math.abs(multiplier * (v - margin))).toBeLessThan(1e-5);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

const dataset = syntheticDataset(60, 10);
const [size, hidden] = [36, 9];
const classifier = mlp([size, hidden, hidden, 10]);
const config = { ...defaultSettings, samplesPerTask: 40, hidden, memoryPerClass: 3, seed: 3, method: 'gem' } as const;
const images = imageSource(dataset.train, splitMnist.view(config, dataset));
const steps = sequentialStream(
  splitMnist.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config),
  dataset.train.labels,
);
const flat = (network: readonly PlainLayer[]) => network.flatMap(({ weight, bias }) => [...weight.flat(), ...bias]);
const imageOf = (sample: number) =>
  Array.from(dataset.train.pixels.subarray(sample * size, (sample + 1) * size), (byte) => byte / 255);

describe.each(testBackends)('gem on %s', (backend) => {
  beforeAll(async () => {
    await startTestBackend(backend);
  });

  it('steps where plain arrays step, and frees its tensors', async () => {
    const before = tf.memory().numTensors;
    const learner = gem({ config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 });
    const { parameters } = classifier.init(randomStream(config.seed, 'init'));
    let network: PlainLayer[] = await Promise.all(
      ['0', '2', '4'].map(async (name) => ({
        weight: (await parameters[`${name}.weight`].array()) as number[][],
        bias: (await parameters[`${name}.bias`].array()) as number[],
      })),
    );
    tf.dispose(Object.values(parameters));

    const stored = new Map<number, number[]>();
    const gradientOf = (samples: readonly number[]) =>
      plainGradient(
        network,
        samples.map(imageOf),
        samples.map((sample) => dataset.train.labels[sample]),
      );
    let projections = 0;
    for (const { task, batches } of steps) {
      const samples = [...batches[0].samples];
      const incoming = gradientOf(samples);
      const past = [...stored].filter(([other]) => other !== task).map(([, kept]) => gradientOf(kept));
      const { weights } = project(flat(incoming), past.map(flat), 0.5);
      if (weights !== null) projections += 1;
      const scaled = (weights ?? []).map((v, k) =>
        past[k].map(({ weight, bias }) => ({
          weight: weight.map((row) => row.map((w) => v * w)),
          bias: bias.map((b) => v * b),
        })),
      );
      network = plainStep(network, [incoming, ...scaled], config.learningRate);
      // 30 memories for 5 tasks: the latest 6 of each.
      stored.set(task, [...(stored.get(task) ?? []), ...samples].slice(-6));
      (await learner.observe(batches[0], null, false)).losses.dispose();
    }
    expect(projections).toBeGreaterThan(5);
    expect(learner.stored().labels).toHaveLength(30);

    const probe = tf.tensor2d([imageOf(5)]);
    const logits = tf.tidy(() => learner.classify(probe));
    const hidden1 = network[0].weight.map((row, out) => Math.max(0, dot(row, imageOf(5)) + network[0].bias[out]));
    const hidden2 = network[1].weight.map((row, out) => Math.max(0, dot(row, hidden1) + network[1].bias[out]));
    const expected = network[2].weight.map((row, out) => dot(row, hidden2) + network[2].bias[out]);
    expect(relativeError(await logits.data(), expected)).toBeLessThan(1e-3);
    tf.dispose([probe, logits]);
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
