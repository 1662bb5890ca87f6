import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { initialRetrieval, type RunConfig } from '../../../../../src/core/config.ts';
import { dispatchCounter } from '../../../../../src/engine/benchmark/contest.ts';
import { createLearner, fusedInput, methods } from '../../../../../src/engine/createLearner.ts';
import { imageSource } from '../../../../../src/engine/data/imageSource.ts';
import { webgpuDevice } from '../../../../../src/engine/fast/webgpu/device.ts';
import { fusedLearner } from '../../../../../src/engine/fast/webgpu/learner.ts';
import { hardwareTiling, softwareTiling, type Tiling } from '../../../../../src/engine/fast/webgpu/program.ts';
import type { Learner } from '../../../../../src/engine/methods/learner.ts';
import { mlp } from '../../../../../src/engine/models/mlp.ts';
import { resnet18 } from '../../../../../src/engine/models/resnet18.ts';
import {
  type Course,
  courseBatches,
  courseConfig,
  ownRetrieval,
  perceptronInput,
  smallDataset,
  watched,
} from '../../perceptronCourse.ts';
import { startTestBackend } from '../../startTestBackend.ts';
import { startTestWebgpu } from '../../startTestWebgpu.ts';
import { trainedBy, type Training } from '../../trainedBy.ts';

const webgpu = await startTestWebgpu();

interface Outcome {
  readonly training: Training;
  /** Logits of test images after training. */
  readonly probed: readonly number[];
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
}

/** What a learner shows over 50 steps, and the logits that it then gives for 13 test images. */
async function trained(
  learner: Learner,
  { config, retrievalOf = ownRetrieval(config), isTraced = () => true }: Course,
): Promise<Omit<Outcome, 'parameters'>> {
  const input = perceptronInput(config);
  const training = await trainedBy(learner, courseBatches(input, 50), retrievalOf, isTraced);
  const samples = Int32Array.from({ length: 13 }, (_, sample) => sample);
  const logits = tf.tidy(() =>
    learner.classify(
      imageSource(smallDataset.test, input.training.view)(
        samples,
        samples.map(() => 2),
      ).images,
    ),
  );
  const probed = Array.from(await logits.data());
  logits.dispose();
  return { training, probed };
}

/** What the readable learner does, on wasm. */
async function readable(course: Course): Promise<Outcome> {
  await startTestBackend('wasm');
  const input = perceptronInput(course.config);
  const { classifier, variables } = watched(input.classifier);
  const learner = methods[course.config.method].create({ ...input, classifier });
  const outcome = await trained(learner, course);
  const parameters: Record<string, ArrayLike<number>> = {};
  for (const [name, tensor] of Object.entries(variables().parameters)) parameters[name] = await tensor.data();
  learner.dispose();
  return { ...outcome, parameters };
}

/** What the fused learner does. */
async function fused(course: Course, tiling: Tiling = softwareTiling): Promise<Outcome> {
  await tf.setBackend('webgpu');
  const fitting = fusedInput(perceptronInput(course.config));
  if (fitting === null) throw new Error('The fused learner does not fit.');
  const learner = fusedLearner({ ...fitting, tiling });
  const outcome = await trained(learner, course);
  const parameters = await learner.parameters();
  learner.dispose();
  return { ...outcome, parameters };
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function gap(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  return largest(Array.from(one, (value, index) => value - other[index]));
}

function expectAgreement(actual: Outcome, expected: Outcome): void {
  const { scores, losses, ...exact } = actual.training;
  const { scores: expectedScores, losses: expectedLosses, ...expectedExact } = expected.training;
  // Slots, picks and what is stored: the same numbers.
  expect(exact).toEqual(expectedExact);
  expect(gap(losses.flat(), expectedLosses.flat())).toBeLessThan(1e-5 * (1 + largest(expectedLosses.flat())));
  expect(gap(scores.flat(), expectedScores.flat())).toBeLessThan(1e-5);
  expect(Object.keys(actual.parameters).sort()).toEqual(Object.keys(expected.parameters).sort());
  for (const [name, values] of Object.entries(expected.parameters)) {
    expect(gap(actual.parameters[name], values) / largest(values), name).toBeLessThan(1e-4);
  }
  expect(gap(actual.probed, expected.probed)).toBeLessThan(1e-4 * largest(expected.probed));
}

describe.skipIf(webgpu === null)('fusedLearner', () => {
  const faults: string[] = [];
  beforeAll(() => {
    webgpuDevice()?.addEventListener('uncapturederror', ({ error }) => faults.push(error.message));
  });
  afterEach(() => {
    expect(faults).toEqual([]);
  });

  const cases: readonly (readonly [string, Partial<RunConfig>])[] = [
    ['fine-tune', { method: 'fine-tune' }],
    ['fine-tune, three iterations', { method: 'fine-tune', iterations: 3 }],
    ['er', { method: 'er' }],
    ['er-mir with MI-2', {}],
    ['er-mir with MI-1', { retrievalScore: 'mi1' }],
    ['er-mir, three iterations', { iterations: 3 }],
    ['widths that are no multiples of 4', { hidden: 13 }],
    ['few memories: fewer candidates than C', { memoryPerClass: 1, candidates: 20 }],
    ['more candidates and picks than a tile has rows', { memoryPerClass: 8, candidates: 37, budget: 13 }],
    ['iid-online', { method: 'iid-online' }],
    ['iid-offline', { method: 'iid-offline' }],
    ['permuted-mnist', { scenario: 'permuted-mnist', samplesPerTask: 50, learningRate: 0.05 }],
  ];
  it.each(cases)('agrees with the readable learner over 50 steps: %s', async (_, change) => {
    const config = courseConfig(change);
    expectAgreement(await fused({ config }), await readable({ config }));
  });

  it.each([
    ['widths and candidates that no tile divides', { hidden: 13, candidates: 17 }],
    ['three iterations', { iterations: 3 }],
  ] as const)(
    'agrees with the tiling for graphics cards, whose threads share sums: %s',
    async (_, change) => {
      const config = courseConfig(change);
      expectAgreement(await fused({ config }, hardwareTiling), await readable({ config }));
    },
    240_000,
  );

  it('agrees when the retrieval is changed in mid-run and only some steps are traced', async () => {
    const course: Course = {
      config: courseConfig({}),
      retrievalOf: (step) => (step % 20 < 12 ? 'random' : 'mir'),
      isTraced: (step) => step % 3 === 0,
    };
    const expected = await readable(course);
    expect(new Set(expected.training.picks.map(String)).size).toBeGreaterThan(10);
    expectAgreement(await fused(course), expected);
  });

  it.each(['er', 'er-mir'] as const)('gives the same numbers traced and untraced: %s', async (method) => {
    const config = courseConfig({ method });
    const traced = await fused({ config });
    const plain = await fused({ config, isTraced: () => false });
    expect(traced.training.scores).not.toEqual([]);
    expect(plain.training.losses).toEqual(traced.training.losses);
    expect(plain.training.picks).toEqual(traced.training.picks);
    expect(plain.parameters).toEqual(traced.parameters);
  });

  it.each([
    ['fine-tune', 6],
    ['er', 6],
    ['er-mir', 11],
  ] as const)('takes one submit for a batch: %s, %i dispatches', async (method, most) => {
    await tf.setBackend('webgpu');
    const input = perceptronInput(courseConfig({ method }));
    const learner = createLearner(input);
    for (const [step, batch] of courseBatches(input, 50).entries()) {
      const counter = dispatchCounter();
      const { losses, replays } = await learner.observe(batch, initialRetrieval(method), false);
      counter?.stop();
      expect(counter?.dispatches).toBe(step < 10 ? 6 : most);
      expect(counter?.submits).toBe(1);
      tf.dispose([losses, ...replays.map(({ picks }) => picks)]);
    }
    learner.dispose();
  });

  it('destroys every buffer that it made, and leaves no tensor; two learners share the images', async () => {
    await tf.setBackend('webgpu');
    const made: { readonly buffer: GPUBuffer; readonly size: number }[] = [];
    const destroyed = new Set<GPUBuffer>();
    const { GPUDevice: device, GPUBuffer: kind } = globalThis;
    // They are called with the device and the buffer they were taken from.
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const original = { create: device.prototype.createBuffer, destroy: kind.prototype.destroy };
    device.prototype.createBuffer = function (descriptor) {
      const buffer = original.create.call(this, descriptor);
      made.push({ buffer, size: descriptor.size });
      return buffer;
    };
    kind.prototype.destroy = function () {
      destroyed.add(this);
      original.destroy.call(this);
      return undefined;
    };
    try {
      const tensors = tf.memory().numTensors;
      const input = perceptronInput(courseConfig({}));
      const learners = [createLearner(input), createLearner(input)];
      expect(made).toHaveLength(1 + 2 * 5);
      const probes = tf.ones<tf.Rank.R2>([7, 36]);
      for (const learner of learners) learner.classify(probes).dispose();
      probes.dispose();
      learners[0].dispose();
      const images = made[0].buffer;
      expect(destroyed.has(images)).toBe(false);
      learners[1].dispose();
      expect(destroyed.has(images)).toBe(true);
      // What TensorFlow.js pools is its own: the probes and the logits.
      const pooled = [7 * 36 * 4, 7 * 10 * 4];
      expect(made.filter(({ buffer, size }) => !destroyed.has(buffer) && !pooled.includes(size))).toEqual([]);
      expect(tf.memory().numTensors).toBe(tensors);
    } finally {
      device.prototype.createBuffer = original.create;
      kind.prototype.destroy = original.destroy;
    }
  });
});

describe.skipIf(webgpu === null)('createLearner', () => {
  it('fuses where it can, and says where it cannot', async () => {
    await tf.setBackend('webgpu');
    const input = perceptronInput(courseConfig({}));
    expect(fusedInput(input)?.layers).toEqual([36, 16, 16, 10]);
    const { training: _, ...withoutBytes } = input;
    expect(fusedInput(withoutBytes)).toBeNull();
    expect(fusedInput(perceptronInput(courseConfig({ method: 'gem' })))).toBeNull();
    expect(fusedInput({ ...input, classifier: mlp([36, 16, 10]) })).toBeNull();
    expect(
      fusedInput({ ...input, classifier: resnet18({ imageShape: [32, 32, 3], classes: 10, filters: 2 }) }),
    ).toBeNull();
    await startTestBackend('cpu');
    expect(fusedInput(input)).toBeNull();
    const learner = createLearner(input);
    expect('parameters' in learner).toBe(false);
    learner.dispose();
  });
});
