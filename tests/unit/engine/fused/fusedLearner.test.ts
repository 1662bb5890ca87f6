import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, initialRetrieval, type Retrieval, type RunConfig } from '../../../../src/engine/config.ts';
import type { Dataset } from '../../../../src/engine/data/dataset.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { iidStream, sequentialStream } from '../../../../src/engine/data/stream.ts';
import { fusedLearner } from '../../../../src/engine/fused/fusedLearner.ts';
import { hardwareTiling, softwareTiling, type Tiling } from '../../../../src/engine/fused/tiling.ts';
import { webgpuDevice } from '../../../../src/engine/fused/webgpuBackend.ts';
import { createLearner, fusedInput } from '../../../../src/engine/methods/createLearner.ts';
import type { LearnerInput } from '../../../../src/engine/methods/learner.ts';
import { methods } from '../../../../src/engine/methods/methods.ts';
import type { Classifier, Variables } from '../../../../src/engine/models/classifier.ts';
import { mlp } from '../../../../src/engine/models/mlp.ts';
import { resnet18 } from '../../../../src/engine/models/resnet18.ts';
import { scenarios } from '../../../../src/engine/scenarios/scenarios.ts';
import { dispatchCounter } from '../../../../src/cli/bench/dispatchCounter.ts';
import { startTestBackend } from '../startTestBackend.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import { syntheticDataset } from '../syntheticDataset.ts';
import { trainedBy } from './trainedBy.ts';

const webgpu = await startTestWebgpu();

const small = syntheticDataset(60, 10);
const sizeOf = ({ imageShape: [height, width, channels] }: Dataset) => height * width * channels;

function configOf(change: Partial<RunConfig>): RunConfig {
  const settings = { samplesPerTask: 100, hidden: 16, memoryPerClass: 4, candidates: 12, budget: 4, seed: 5 };
  return { ...defaultSettings, ...settings, method: 'er-mir', ...change };
}

function inputOf(config: RunConfig, dataset: Dataset): LearnerInput & { readonly training: NonNullable<LearnerInput['training']> } {
  const scenario = scenarios[config.scenario];
  const view = scenario.view(config, dataset);
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  return {
    config,
    classifier: mlp([sizeOf(dataset), config.hidden, config.hidden, 10]),
    images: imageSource(dataset.train, view),
    training: { set: dataset.train, view, tasks },
    classCount: 10,
    taskCount: tasks.length,
  };
}

function batchesOf({ config, training: { tasks, set } }: ReturnType<typeof inputOf>) {
  const { order } = methods[config.method];
  const stream = order.kind === 'iid' ? iidStream(tasks, set.labels, config.seed, order.passes) : sequentialStream(tasks, set.labels);
  return stream.flatMap(({ batches }) => batches).slice(0, 50);
}

/** A classifier that shows the variables that it classifies with. */
function watched(classifier: Classifier): { classifier: Classifier; variables: () => Variables } {
  let seen: Variables | null = null;
  return {
    classifier: {
      ...classifier,
      classify(variables, images) {
        seen = variables;
        return classifier.classify(variables, images);
      },
    },
    variables() {
      if (seen === null) throw new Error('Nothing has been classified.');
      return seen;
    },
  };
}

interface Course {
  readonly config: RunConfig;
  readonly dataset?: Dataset;
  readonly retrievalOf?: (step: number) => Retrieval | null;
  readonly isTraced?: (step: number) => boolean;
}

const constantly = (config: RunConfig) => () => initialRetrieval(config.method);

/** What the readable learner does, on wasm, with its parameters in the end. */
async function readable({ config, dataset = small, retrievalOf = constantly(config), isTraced = () => true }: Course) {
  await startTestBackend('wasm');
  const input = inputOf(config, dataset);
  const { classifier, variables } = watched(input.classifier);
  const learner = methods[config.method].create({ ...input, classifier });
  const training = await trainedBy(learner, batchesOf(input), retrievalOf, isTraced);
  const probes = tf.tidy(() => imageSource(dataset.test, input.training.view)(probeSamples, new Int32Array(probeSamples.length).fill(2)).images);
  const logits = learner.classify(probes);
  const probed = Array.from(await logits.data());
  const parameters = Object.fromEntries(
    await Promise.all(Object.entries(variables().parameters).map(async ([name, tensor]) => [name, await tensor.data()] as const)),
  );
  tf.dispose([probes, logits]);
  learner.dispose();
  return { training, parameters, probed };
}

const probeSamples = Int32Array.from({ length: 13 }, (_, index) => index);

/** What the fused learner does. */
async function fused(
  { config, dataset = small, retrievalOf = constantly(config), isTraced = () => true }: Course,
  tiling: Tiling = softwareTiling,
) {
  await tf.setBackend('webgpu');
  const input = inputOf(config, dataset);
  const fitting = fusedInput(input);
  if (fitting === null) throw new Error('The fused learner does not fit.');
  const learner = fusedLearner({ ...fitting, tiling });
  const training = await trainedBy(learner, batchesOf(input), retrievalOf, isTraced);
  const probes = tf.tidy(() => imageSource(dataset.test, input.training.view)(probeSamples, new Int32Array(probeSamples.length).fill(2)).images);
  const logits = learner.classify(probes);
  const probed = Array.from(await logits.data());
  tf.dispose([probes, logits]);
  const parameters = await learner.parameters();
  learner.dispose();
  return { training, parameters, probed };
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function gap(one: ArrayLike<number>, other: ArrayLike<number>): number {
  expect(one.length).toBe(other.length);
  return largest(Array.from(one, (value, index) => value - other[index]));
}

function expectAgreement(actual: Awaited<ReturnType<typeof fused>>, expected: Awaited<ReturnType<typeof readable>>): void {
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
    const config = configOf(change);
    expectAgreement(await fused({ config }), await readable({ config }));
  });

  it.each([
    ['widths and candidates that no tile divides', { hidden: 13, candidates: 17 }],
    ['three iterations', { iterations: 3 }],
  ] as const)('agrees with the tiling for graphics cards, whose threads share sums: %s', async (_, change) => {
    const config = configOf(change);
    expectAgreement(await fused({ config }, hardwareTiling), await readable({ config }));
  }, 240_000);

  it('agrees when the retrieval is changed in mid-run and only some steps are traced', async () => {
    const course: Course = {
      config: configOf({}),
      retrievalOf: (step) => (step % 20 < 12 ? 'random' : 'mir'),
      isTraced: (step) => step % 3 === 0,
    };
    const expected = await readable(course);
    expect(new Set(expected.training.picks.map(String)).size).toBeGreaterThan(10);
    expectAgreement(await fused(course), expected);
  });

  it.each(['er', 'er-mir'] as const)('gives the same numbers traced and untraced: %s', async (method) => {
    const config = configOf({ method });
    const traced = await fused({ config });
    const plain = await fused({ config, isTraced: () => false });
    expect(traced.training.scores).not.toEqual([]);
    expect(plain.training.losses).toEqual(traced.training.losses);
    expect(plain.training.picks).toEqual(traced.training.picks);
    expect(plain.parameters).toEqual(traced.parameters);
  });

  it.each([['fine-tune', 6], ['er', 6], ['er-mir', 11]] as const)('takes one submit for a batch: %s, %i dispatches', async (method, most) => {
    await tf.setBackend('webgpu');
    const input = inputOf(configOf({ method }), small);
    const learner = createLearner(input);
    for (const [step, batch] of batchesOf(input).entries()) {
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
      const input = inputOf(configOf({}), small);
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
    const input = inputOf(configOf({}), small);
    expect(fusedInput(input)?.layers).toEqual([36, 16, 16, 10]);
    const { training: _, ...withoutBytes } = input;
    expect(fusedInput(withoutBytes)).toBeNull();
    expect(fusedInput(inputOf(configOf({ method: 'gem' }), small))).toBeNull();
    expect(fusedInput({ ...input, classifier: mlp([36, 16, 10]) })).toBeNull();
    expect(fusedInput({ ...input, classifier: resnet18({ imageShape: [32, 32, 3], classes: 10, filters: 2 }) })).toBeNull();
    await startTestBackend('wasm');
    expect(fusedInput(input)).toBeNull();
    const learner = createLearner(input);
    expect('parameters' in learner).toBe(false);
    learner.dispose();
  });
});
