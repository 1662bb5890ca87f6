import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Retrieval, RunConfig } from '../../../../src/engine/config.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { fusedLearner } from '../../../../src/engine/fused/fusedLearner.ts';
import { hardwareTiling, softwareTiling, type Tiling } from '../../../../src/engine/fused/tiling.ts';
import { webgpuDevice } from '../../../../src/engine/fused/webgpuBackend.ts';
import { createLearner, fusedInput } from '../../../../src/engine/methods/createLearner.ts';
import type { Learner } from '../../../../src/engine/methods/learner.ts';
import { methods } from '../../../../src/engine/methods/methods.ts';
import { mlp } from '../../../../src/engine/models/mlp.ts';
import { resnet18 } from '../../../../src/engine/models/resnet18.ts';
import { courseBatches, courseConfig, ownRetrieval, perceptronInput, smallDataset, watched } from '../perceptronCourse.ts';
import { startTestBackend } from '../startTestBackend.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import { trainedBy, type Training } from '../trainedBy.ts';

const webgpu = await startTestWebgpu();

interface Course {
  readonly config: RunConfig;
  readonly retrievalOf?: (step: number) => Retrieval | null;
  readonly isTraced?: (step: number) => boolean;
}

interface Outcome {
  readonly training: Training;
  /** Logits of test images after training. */
  readonly probed: readonly number[];
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
}

/** What a learner shows over 50 steps, and the logits that it then gives for 13 test images. */
async function trained(learner: Learner, { config, retrievalOf = ownRetrieval(config), isTraced = () => true }: Course): Promise<Omit<Outcome, 'parameters'>> {
  const input = perceptronInput(config);
  const training = await trainedBy(learner, courseBatches(input, 50), retrievalOf, isTraced);
  const samples = Int32Array.from({ length: 13 }, (_, sample) => sample);
  const logits = tf.tidy(() => learner.classify(imageSource(smallDataset.test, input.training.view)(samples, samples.map(() => 2)).images));
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
  const tilings = [['software', softwareTiling], ['hardware', hardwareTiling]] as const;
  describe.each(cases)('%s', (_, change) => {
    const config = courseConfig(change);
    it('agrees with the readable learner over 50 steps, with either tiling', async () => {
      const expected = await readable({ config });
      for (const [, tiling] of tilings) expectAgreement(await fused({ config }, tiling), expected);
    });
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

  it.each(tilings)('gives the same numbers traced and untraced, %s tiling', async (_, tiling) => {
    for (const method of ['er', 'er-mir'] as const) {
      const config = courseConfig({ method, hidden: 24 });
      const traced = await fused({ config }, tiling);
      const plain = await fused({ config, isTraced: () => false }, tiling);
      expect(traced.training.scores).not.toEqual([]);
      expect(plain.training.losses).toEqual(traced.training.losses);
      expect(plain.training.picks).toEqual(traced.training.picks);
      expect(plain.parameters).toEqual(traced.parameters);
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
    expect(fusedInput({ ...input, classifier: resnet18({ imageShape: [32, 32, 3], classes: 10, filters: 2 }) })).toBeNull();
    await startTestBackend('wasm');
    expect(fusedInput(input)).toBeNull();
    const learner = createLearner(input);
    expect('parameters' in learner).toBe(false);
    learner.dispose();
  });
});
