import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defaultSettings, type RunConfig } from '../../../../src/core/config.ts';
import type { Saved } from '../../../../src/core/checkpoint.ts';
import { methodMakers } from '../../../../src/engine/createLearner.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { project } from '../../../../src/engine/methods/aGem.ts';
import { pull, squaredGradients } from '../../../../src/engine/methods/ewc.ts';
import { type Learner, learnerOf } from '../../../../src/engine/methods/learner.ts';
import { distillation } from '../../../../src/engine/models/losses.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import { innerProduct, type Parameters } from '../../../../src/engine/models/parameters.ts';
import type { SavedTensor } from '../../../../src/engine/runner/inputs.ts';
import { dropAll, read } from '../outputs.ts';
import { plainGradient, type PlainLayer } from '../plainMlp.ts';
import { referenceFile, relativeError, tensorSchema, toParameters } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const tree = z.record(z.string(), tensorSchema);
const caseSchema = z.object({
  settings: z.record(z.string(), z.number()),
  losses: z.array(z.number()),
  after: tree,
  importance: tree.optional(),
});
/** Three tasks of two classes and two batches, learnt by PyTorch in float64. A-GEM draws all of its memory. */
const reference = referenceFile(
  'classic-courses',
  z.object({
    images: tensorSchema,
    labels: z.array(z.number()),
    batches: z.array(z.object({ task: z.number(), samples: z.array(z.number()) })),
    before: tree,
    cases: z.object({ 'a-gem': caseSchema, ewc: caseSchema, lwf: caseSchema }),
  }),
);
const { images: pictures, labels, batches } = reference;
const classes = 6;
const [count, size] = pictures.shape;
const network = mlp([size, 8, 8, classes]);
const images = imageSource(
  { count, labels: Uint8Array.from(labels), pixels: Uint8Array.from(pictures.data) },
  { range: [0, 1], permutation: () => null },
);
const plain: PlainLayer[] = ['0', '2', '4'].map((name) => {
  const { shape, data } = reference.before[`${name}.weight`];
  const weight = Array.from({ length: shape[0] }, (_, row) => data.slice(row * shape[1], (row + 1) * shape[1]));
  return { weight, bias: reference.before[`${name}.bias`].data };
});
const imageOf = (sample: number) => pictures.data.slice(sample * size, (sample + 1) * size).map((byte) => byte / 255);

type Method = keyof typeof reference.cases;
const methods = Object.keys(reference.cases) as Method[];

function learnerFor(method: Method | 'fine-tune', settings: Partial<RunConfig>): Learner {
  const config: RunConfig = { ...defaultSettings, method, memoryPerClass: 4, budget: count, ...settings };
  const classifier = { ...network, init: () => ({ parameters: toParameters(reference.before), statistics: {} }) };
  const input = { config, classifier, images, imageShape: [size, 1, 1] as const, classCount: classes, taskCount: 3 };
  return learnerOf(methodMakers[method](input), 1);
}

/** The mean loss of each batch, in nats. */
async function learn(learner: Learner, steps = batches.length): Promise<number[]> {
  const losses: number[] = [];
  for (const [index, { task, samples }] of batches.slice(0, steps).entries()) {
    const batch = {
      samples: Int32Array.from(samples),
      labels: Int32Array.from(samples, (sample) => labels[sample]),
      tasks: new Int32Array(samples.length).fill(task),
    };
    const observed = learner.observe(batch, null, index % 2 === 0);
    const values = await read(observed.losses);
    losses.push(values.reduce((sum, value) => sum + value, 0) / values.length);
    dropAll(observed);
    if (batches[index + 1]?.task !== task) await learner.finishTask?.();
  }
  return losses;
}

/** What a learner keeps under a name of its state, as lists by parameter. */
async function kept(learner: Learner, name: string): Promise<Record<string, SavedTensor>> {
  const { state } = (await learner.lasting.save()) as { readonly state: Record<string, Saved> };
  return state[name] as unknown as Record<string, SavedTensor>;
}

function expectTree(found: Record<string, SavedTensor>, expected: z.infer<typeof tree>): void {
  for (const [name, { data }] of Object.entries(expected))
    expect(relativeError(found[name].values, data), name).toBeLessThan(1e-4);
}

const parametersOf = (layers: readonly PlainLayer[]): Record<string, number[]> =>
  Object.fromEntries(
    layers.flatMap(({ weight, bias }, index) => [
      [`${2 * index}.weight`, weight.flat()],
      [`${2 * index}.bias`, [...bias]],
    ]),
  );

describe.each(testBackends)('A-GEM, EWC and LwF on %s', (backend) => {
  beforeAll(async () => {
    await startTestBackend(backend);
  });

  it.each(methods)('%s learns what PyTorch learns, to 1e-4, and frees its tensors', async (method) => {
    const before = tf.memory().numTensors;
    const { settings, losses, after, importance } = reference.cases[method];
    const learner = learnerFor(method, settings);
    expect(relativeError(await learn(learner), losses)).toBeLessThan(1e-4);
    expectTree(await kept(learner, 'parameters'), after);
    if (importance !== undefined) expectTree(await kept(learner, 'importance'), importance);
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('LwF and EWC are fine-tuning in the first task: there is nothing to distil and nothing to hold to', async () => {
    const [plainly, ...others] = (['fine-tune', 'ewc', 'lwf'] as const).map((method) =>
      learnerFor(method, { learningRate: 0.4, ewcLambda: 1_000, lwfWeight: 1_000 }),
    );
    const losses = await learn(plainly, 2);
    const parameters = await kept(plainly, 'parameters');
    for (const learner of others) {
      expect(await learn(learner, 2)).toEqual(losses);
      expect(await kept(learner, 'parameters')).toEqual(parameters);
      learner.dispose();
    }
    plainly.dispose();
  });

  it('A-GEM leaves a gradient that contradicts nothing, and makes another one perpendicular to the memory’s', () => {
    tf.tidy(() => {
      const of = (...values: number[]): Parameters => ({ w: tf.tensor1d(values.slice(0, 3)), b: tf.scalar(values[3]) });
      const flat = (tensors: Parameters) => Object.values(tensors).flatMap((tensor) => Array.from(tensor.dataSync()));
      const memory = of(1, -2, 0.5, 1);
      const agreeing = of(1, 1, 4, 0.25);
      expect(flat(project(agreeing, memory).projected)).toEqual(flat(agreeing));
      const contradicting = of(-3, 1, 2, -1);
      const { projected, weights } = project(contradicting, memory);
      expect(weights.dataSync()[0]).toBeCloseTo(5 / 6.25, 6);
      expect(innerProduct(contradicting, memory).dataSync()[0]).toBe(-5);
      expect(innerProduct(projected, memory).dataSync()[0]).toBeCloseTo(0, 5);
      // −5 / 6.25 of the memory's is taken away.
      [-2.2, -0.6, 2.4, -0.2].forEach((value, index) => expect(flat(projected)[index]).toBeCloseTo(value, 5));
      // A gradient of 0 of the memory forbids nothing.
      expect(flat(project(contradicting, of(0, 0, 0, 0)).projected)).toEqual(flat(contradicting));
    });
  });

  it('EWC pulls by the gradient of its penalty, as finite differences have it', () => {
    tf.tidy(() => {
      const [theta, star, omega, lambda] = [[0.3, -1.2, 2], [0.1, 0.4, 2], [0.5, 2, 3], 4];
      const penalty = (at: readonly number[]) =>
        (lambda / 2) * at.reduce((sum, value, i) => sum + omega[i] * (value - star[i]) ** 2, 0);
      const of = (values: readonly number[]) => ({ w: tf.tensor1d([...values]) });
      const pulled = pull(of(theta), of(star), of(omega), lambda)['w'].dataSync();
      theta.forEach((_, i) => {
        const moved = (by: number) => penalty(theta.map((value, j) => (j === i ? value + by : value)));
        expect(pulled[i]).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 4);
      });
    });
  });

  it('EWC sums the squared gradients of single images, not the square of their sum', () => {
    tf.tidy(() => {
      const samples = [0, 9, 18, 3];
      const found = squaredGradients(
        network,
        { parameters: toParameters(reference.before), statistics: {} },
        images.tensors(Int32Array.from(samples), new Int32Array(4).fill(1)),
      );
      const each = samples.map((sample) => parametersOf(plainGradient(plain, [imageOf(sample)], [labels[sample]])));
      for (const [name, tensor] of Object.entries(found)) {
        const expected = each[0][name].map((_, i) => each.reduce((sum, one) => sum + one[name][i] ** 2, 0));
        expect(relativeError(tensor.dataSync(), expected), name).toBeLessThan(1e-4);
      }
    });
  });

  it('LwF distils the old classes alone, softened, with its gradient', () => {
    tf.tidy(() => {
      const among = tf.tensor1d([1, 0, 1]);
      const old = tf.tensor2d([[2, 50, 0]]);
      const soft = (a: number, b: number) => Math.exp(a) / (Math.exp(a) + Math.exp(b));
      const [q, p] = [soft(1, 0), soft(0.5, 1.5)];
      const loss = (logits: tf.Tensor) => distillation(logits as tf.Tensor2D, old, among, 2);
      const logits = tf.tensor2d([[1, -40, 3]]);
      expect(loss(logits).dataSync()[0]).toBeCloseTo(-q * Math.log(p) - (1 - q) * Math.log(1 - p), 5);
      const slopes = tf.grad(loss)(logits).dataSync();
      [(p - q) / 2, 0, (q - p) / 2].forEach((slope, index) => expect(slopes[index]).toBeCloseTo(slope, 5));
    });
  });
});
