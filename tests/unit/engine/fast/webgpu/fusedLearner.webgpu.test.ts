import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../../../src/core/config.ts';
import { initialRetrieval } from '../../../../../src/core/methods.ts';
import { dispatchCounter } from '../../../../../src/engine/benchmark/stopwatch.ts';
import { createLearner, fastForm, methodMakers } from '../../../../../src/engine/createLearner.ts';
import { imageSource } from '../../../../../src/engine/data/imageSource.ts';
import { perceptron } from '../../../../../src/engine/fast/perceptron.ts';
import { FusedForm } from '../../../../../src/engine/fast/webgpu/form.ts';
import {
  hardwareTiling,
  narrowSoftwareTiling,
  softwareTiling,
  type Tiling,
  tilingFor,
} from '../../../../../src/engine/fast/webgpu/layout.ts';
import { learnerOf, type Learner } from '../../../../../src/engine/methods/learner.ts';
import { webgpuBackend } from '../../../../../src/engine/programs/runProgram.ts';
import { mlp, resnet18 } from '../../../../../src/engine/models/networks.ts';
import { numbers } from '../../../../../src/engine/runner/step.ts';
import {
  type Course,
  courseBatches,
  courseConfig,
  ownRetrieval,
  perceptronInput,
  smallDataset,
} from '../../perceptronCourse.ts';
import { dropAll, read } from '../../outputs.ts';
import { startTestBackend } from '../../startTestBackend.ts';
import { startTestWebgpu } from '../../startTestWebgpu.ts';
import { type Answers, answersOf, trainedBy, type Training } from '../../trainedBy.ts';

const webgpu = await startTestWebgpu();

interface Outcome {
  readonly training: Training;
  /** To test images after training. */
  readonly answers: Answers;
  /** The probability of each class for three of them, as it answers. */
  readonly probabilities: readonly number[];
}

/** What a learner shows over its steps, 50 unless said otherwise, and what it then answers to 13 test images. */
async function trained(
  learner: Learner,
  { config, retrievalOf = ownRetrieval(config), isTraced = () => true, steps = 50 }: Course,
): Promise<Outcome> {
  const input = perceptronInput(config);
  const training = await trainedBy(learner, courseBatches(input, steps), retrievalOf, isTraced);
  const answers = await answersOf(learner, imageSource(smallDataset.test, input.training.view), 13, 2);
  const shown = imageSource(smallDataset.test, input.training.view);
  const pixels = new Float32Array(3 * 36);
  for (let image = 0; image < 3; image++) shown.write(image, 2, pixels.subarray(36 * image, 36 * (image + 1)));
  const probabilities = await read(learner.answer(numbers(pixels, [3, 36])));
  learner.dispose();
  return { training, answers, probabilities };
}

/** What the readable learner does, on wasm. */
async function readable(course: Course): Promise<Outcome> {
  await startTestBackend('wasm');
  const { config } = course;
  return trained(learnerOf(methodMakers[config.method](perceptronInput(config)), config.iterations), course);
}

/** What the fused form does. */
async function fused(course: Course, tiling: Tiling = narrowSoftwareTiling): Promise<Outcome> {
  await tf.setBackend('webgpu');
  const { device } = webgpuBackend();
  const input = perceptronInput(course.config);
  const { training, classifier } = input;
  const method = perceptron(
    input,
    (settings) => new FusedForm({ ...settings, training, layers: classifier.layers ?? [] }, device, tiling),
  );
  return trained(learnerOf(method, course.config.iterations), course);
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function gap(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  return largest(Array.from(one, (value, index) => value - other[index]));
}

function expectAgreement(actual: Outcome, expected: Outcome): void {
  const { scores, losses, told, ...exact } = actual.training;
  const { scores: expectedScores, losses: expectedLosses, told: expectedTold, ...expectedExact } = expected.training;
  // Slots, picks and what is stored: the same numbers.
  expect(exact).toEqual(expectedExact);
  expect(gap(losses.flat(), expectedLosses.flat())).toBeLessThan(1e-5 * (1 + largest(expectedLosses.flat())));
  expect(gap(scores.flat(), expectedScores.flat())).toBeLessThan(1e-5);
  expect(told.map((list) => list.length)).toEqual(expectedTold.map((list) => list.length));
  expect(gap(told.flat(), expectedTold.flat())).toBeLessThan(1e-5 * (1 + largest(expectedTold.flat())));
  expect(gap(actual.answers.surprises, expected.answers.surprises)).toBeLessThan(
    1e-4 * largest(expected.answers.surprises),
  );
  expect(actual.answers.named).toEqual(expected.answers.named);
  expect(actual.answers.loss).toBeCloseTo(expected.answers.loss, 4);
  expect(actual.probabilities).toHaveLength(30);
  expect(gap(actual.probabilities, expected.probabilities)).toBeLessThan(1e-4);
  for (let image = 0; image < 3; image++) {
    const row = actual.probabilities.slice(10 * image, 10 * (image + 1));
    expect(row.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 5);
  }
}

describe.skipIf(webgpu === null)('the fused step of a perceptron', () => {
  const faults: string[] = [];
  beforeAll(() => {
    webgpuBackend().device.addEventListener('uncapturederror', ({ error }) => faults.push(error.message));
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

  const otherTilings: readonly (readonly [string, Tiling])[] = [
    ['graphics cards, whose threads share sums', hardwareTiling],
    ['wide layers on an imitated card, whose threads do much each', softwareTiling],
  ];
  describe.each(otherTilings)('agrees with the tiling for %s', (_, tiling) => {
    it.each([
      ['widths and candidates that no tile divides', { hidden: 13, candidates: 17 }],
      ['three iterations', { iterations: 3 }],
    ] as const)('%s', { timeout: 240_000 }, async (__, change) => {
      // Barriers are what an imitated card is slowest at: two tasks, with replay in the second, must do.
      const course = { config: courseConfig(change), steps: 20 };
      const expected = await readable(course);
      expect(expected.training.scores.length).toBeGreaterThanOrEqual(10);
      expectAgreement(await fused(course, tiling), expected);
    });
  });

  it('takes the tiling by the device and by how wide the layers are', () => {
    const device = (info: object) => ({ adapterInfo: info }) as GPUDevice;
    expect(tilingFor(device({ vendor: 'acme', architecture: 'one' }), [36, 16, 16, 10])).toBe(hardwareTiling);
    const imitated = device({ vendor: 'google', architecture: 'swiftshader' });
    expect(tilingFor(imitated, [784, 32, 32, 10])).toBe(narrowSoftwareTiling);
    expect(tilingFor(imitated, [784, 400, 400, 10])).toBe(softwareTiling);
  });

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
    expect(plain.answers).toEqual(traced.answers);
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
      const { losses, replays } = learner.observe(batch, initialRetrieval(method), false);
      counter?.stop();
      expect(counter?.dispatches).toBe(step < 10 ? 6 : most);
      expect(counter?.submits).toBe(1);
      dropAll([losses, replays]);
    }
    learner.dispose();
  });

  it('evaluates by index: images go to the device once', async () => {
    await tf.setBackend('webgpu');
    const input = perceptronInput(courseConfig({ scenario: 'permuted-mnist', samplesPerTask: 50 }));
    const learner = createLearner(input);
    const samples = Int32Array.from({ length: 60 }, (_, sample) => sample);
    const rows = {
      kind: 'images',
      source: input.images,
      samples,
      tasks: samples.map((sample) => 1 + (sample % 3)),
    } as const;
    const first = learner.evaluate(rows);
    const named = await first.answers.read();
    const counter = dispatchCounter();
    let uploaded = 0;
    const { GPUDevice: device } = globalThis;
    // It is called with the device it was taken from.
    // oxlint-disable-next-line typescript/unbound-method
    const create = device.prototype.createBuffer;
    device.prototype.createBuffer = function (descriptor) {
      if (descriptor.mappedAtCreation === true) uploaded += descriptor.size;
      return create.call(this, descriptor);
    };
    try {
      const again = learner.evaluate(rows);
      counter?.stop();
      // Samples, tasks and labels are at most 720 bytes; as numbers the images would be 8,640.
      expect(uploaded).toBeGreaterThan(0);
      expect(uploaded).toBeLessThan(1_000);
      // The images are gathered, pass three layers, and a mean is made.
      expect(counter?.dispatches).toBeLessThanOrEqual(6);
      expect(await again.answers.read()).toEqual(named);
      dropAll([first, again]);
    } finally {
      device.prototype.createBuffer = create;
      learner.dispose();
      input.images.dispose();
    }
  });

  it('destroys every buffer that it made, and leaves no tensor; two learners share the images', async () => {
    await tf.setBackend('webgpu');
    const made: { readonly buffer: GPUBuffer; readonly size: number }[] = [];
    const destroyed = new Set<GPUBuffer>();
    const { GPUDevice: device, GPUBuffer: kind } = globalThis;
    // They are called with the device and the buffer they were taken from.
    // oxlint-disable-next-line typescript/unbound-method
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
      const source = imageSource(smallDataset.test, input.training.view);
      const samples = Int32Array.of(0, 1, 2, 3, 4, 5, 6);
      const evaluations = new Set<GPUBuffer>();
      for (const learner of learners) {
        const before = made.length;
        dropAll(learner.evaluate({ kind: 'images', source, samples, tasks: samples.map(() => 1) }));
        // Two hidden layers of 16, and the answer to each image with its loss.
        for (const { buffer, size } of made.slice(before))
          if (size === 7 * 16 * 4 || size === 7 * 8) evaluations.add(buffer);
      }
      source.dispose();
      learners[0].dispose();
      const images = made[0].buffer;
      expect(destroyed.has(images)).toBe(false);
      learners[1].dispose();
      expect(destroyed.has(images)).toBe(true);
      expect(made.slice(1, 11).filter(({ buffer }) => !destroyed.has(buffer))).toEqual([]);
      expect(evaluations.size).toBe(6);
      expect([...evaluations].filter((buffer) => !destroyed.has(buffer))).toEqual([]);
      expect(tf.memory().numTensors).toBe(tensors);
    } finally {
      device.prototype.createBuffer = original.create;
      kind.prototype.destroy = original.destroy;
    }
  });
});

describe.skipIf(webgpu === null)('fastForm', () => {
  it('fuses where it can, and only there', async () => {
    await tf.setBackend('webgpu');
    const input = perceptronInput(courseConfig({}));
    expect(fastForm(input)).not.toBeNull();
    const { training: _, ...withoutBytes } = input;
    expect(fastForm(withoutBytes)).toBeNull();
    expect(fastForm(perceptronInput(courseConfig({ method: 'gem' })))).toBeNull();
    expect(fastForm({ ...input, classifier: mlp([36, 16, 10]) })).toBeNull();
    expect(
      fastForm({ ...input, classifier: resnet18({ imageShape: [32, 32, 3], classes: 10, filters: 2 }) }),
    ).toBeNull();
    await startTestBackend('cpu');
    expect(fastForm(input)).toBeNull();
  });
});
