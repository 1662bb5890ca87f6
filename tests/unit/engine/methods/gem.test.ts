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
import { CannotLearn, learnerOf } from '../../../../src/engine/methods/learner.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import { dot, gemProblems, gemProducts, harm, projected as projectedBy } from '../gemProblems.ts';
import { classLosses, dropAll } from '../outputs.ts';
import { plainGradient, type PlainLayer, plainLoss, plainStep } from '../plainMlp.ts';
import { referenceFile, relativeError, tensorSchema } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

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

describe('gemProjection of long gradients', () => {
  it.each([
    { scale: 1e3, apart: 1 },
    { scale: 1e3, apart: 1e-2 },
    { scale: 1e3, apart: 1e-4 },
    { scale: 1e3, apart: 0 },
    { scale: 1e6, apart: 1e-4 },
    { scale: 1e6, apart: 1e-6 },
    { scale: 1e10, apart: 1 },
    { scale: 1e10, apart: 1e-4 },
    { scale: 1e15, apart: 1e-6 },
  ])('hurts no past task and gives each its margin: $scale long, $apart apart', ({ scale, apart }) => {
    for (const margin of [0, 0.5]) {
      let hurt = 0;
      for (const problem of gemProblems(57, scale, apart)) {
        const { gram, products } = gemProducts(problem);
        const weights = gemProjection(gram, products, margin);
        if (weights === null) continue;
        hurt += 1;
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(margin - 1e-5);
        expect(harm(problem, projectedBy(problem, weights))).toBeLessThan(1e-4);
      }
      expect(hurt).toBeGreaterThan(30);
    }
  });

  it('says that it cannot go on where there is no solution', () => {
    expect(() => gemProjection([[NaN]], [-1], 0.5)).toThrow(CannotLearn);
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
    const input = { config, classifier, images, imageShape: dataset.imageShape, classCount: 10, taskCount: 5 };
    const learner = learnerOf(gem(input), config.iterations);
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
      dropAll(learner.observe(batches[0], null, false));
    }
    expect(projections).toBeGreaterThan(5);
    expect(learner.stored().labels).toHaveLength(30);

    const probe = { source: images, samples: Int32Array.of(5), tasks: Int32Array.of(1) };
    const expected = Array.from({ length: 10 }, (_, label) => plainLoss(network, imageOf(5), label));
    expect(relativeError(await classLosses(learner, probe, 10), expected)).toBeLessThan(1e-3);
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
