import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Retrieval, RunConfig } from '../../../src/core/config.ts';
import { methods } from '../../../src/engine/createLearner.ts';
import type { Learner } from '../../../src/engine/methods/learner.ts';
import {
  type Course,
  courseBatches,
  courseConfig,
  ownRetrieval,
  perceptronInput,
  watched,
} from './perceptronCourse.ts';
import { trainedBy, type Training } from './trainedBy.ts';

type PerceptronInput = ReturnType<typeof perceptronInput>;
/** Makes the learner that is tried. */
type Create = (input: PerceptronInput) => Learner & { parameters?(): Readonly<Record<string, Float32Array>> };

interface Outcome {
  readonly training: Training;
  readonly logits: readonly number[];
  readonly parameters: Readonly<Record<string, number[]>>;
}

/** What a learner shows over 50 steps, the logits that it then gives, and its parameters in the end. */
async function outcome(
  create: Create,
  { config, retrievalOf = ownRetrieval(config), isTraced = () => true }: Course,
): Promise<Outcome> {
  const input = perceptronInput(config);
  const { classifier, variables } = watched(input.classifier);
  const learner = create({ ...input, classifier });
  const training = await trainedBy(learner, courseBatches(input, 50), retrievalOf, isTraced);
  const { samples, tasks } = probe();
  const logits = tf.tidy(() => Array.from(learner.classify(input.images(samples, tasks).images).dataSync()));
  const parameters: Record<string, number[]> = {};
  const own = learner.parameters?.();
  for (const [name, values] of Object.entries(own ?? {})) parameters[name] = Array.from(values);
  if (own === undefined)
    for (const [name, tensor] of Object.entries(variables().parameters))
      parameters[name] = Array.from(await tensor.data());
  learner.dispose();
  return { training, logits, parameters };
}

const readable = (course: Course) => outcome(methods[course.config.method].create, course);

/** Training images to classify in the end, more than a learner may take at once. */
function probe() {
  const samples = Int32Array.from({ length: 70 }, (_, sample) => sample);
  return { samples, tasks: samples.map(() => 2) };
}

function expectClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  const size = Math.max(1e-3, ...wanted.map(Math.abs));
  expect(found).toHaveLength(wanted.length);
  expect(Math.max(0, ...found.map((value, index) => Math.abs(value - wanted[index]))) / size).toBeLessThan(tolerance);
}

function expectSame(found: Outcome, wanted: Outcome): void {
  const { losses, scores, ...exact } = found.training;
  const { losses: wantedLosses, scores: wantedScores, ...wantedExact } = wanted.training;
  expect(exact).toEqual(wantedExact);
  expectClose(losses.flat(), wantedLosses.flat(), 1e-4);
  expectClose(scores.flat(), wantedScores.flat(), 1e-5);
  expectClose(found.logits, wanted.logits, 1e-4);
  expect(Object.keys(found.parameters)).toEqual(Object.keys(wanted.parameters));
  for (const [name, values] of Object.entries(wanted.parameters)) expectClose(found.parameters[name], values, 1e-4);
}

/** Registers the tests that hold a learner's shorter step to the readable one, on the backend that is in use. */
export function itLearnsWhatTheReadableStepLearns(create: Create): void {
  const tried = (course: Course) => outcome(create, course);

  it.each<readonly [string, Partial<RunConfig>]>([
    ['fine-tune', { method: 'fine-tune', iterations: 2 }],
    ['iid-offline', { method: 'iid-offline' }],
    ['ER', { method: 'er' }],
    ['ER-MIR with MI-2', {}],
    ['ER-MIR with MI-1 and three iterations', { retrievalScore: 'mi1', iterations: 3 }],
    ['ER-MIR with MI-2 and two iterations', { iterations: 2 }],
    [
      'ER-MIR with fewer memories than candidates and than the budget',
      { memoryPerClass: 1, candidates: 40, budget: 20 },
    ],
    ['Permuted MNIST', { scenario: 'permuted-mnist', learningRate: 0.05 }],
  ])('learns what the readable step learns: %s', async (_, change) => {
    const course = { config: courseConfig(change) };
    const [found, wanted] = [await tried(course), await readable(course)];
    expectSame(found, wanted);
    if (course.config.method === 'er-mir') expect(wanted.training.scores.length).toBeGreaterThan(20);
  });

  it('learns the same where the retrieval is switched in mid-run, and traces change nothing', async () => {
    const config = courseConfig({});
    const retrievalOf = (step: number): Retrieval => (step % 7 < 3 ? 'random' : 'mir');
    const [traced, untraced] = [
      await tried({ config, retrievalOf }),
      await tried({ config, retrievalOf, isTraced: (step) => step % 3 === 0 }),
    ];
    expectSame(traced, await readable({ config, retrievalOf }));
    expect(untraced.parameters).toEqual(traced.parameters);
    expect(untraced.training.picks).toEqual(traced.training.picks);
  });

  it('holds as many tensors after a step as before it', async () => {
    const config = courseConfig({});
    const input = perceptronInput(config);
    const before = tf.memory().numTensors;
    const learner = create(input);
    const counts: number[] = [];
    for (const batch of courseBatches(input, 30)) {
      const { losses, replays } = await learner.observe(batch, 'mir', true);
      tf.dispose([
        losses,
        ...replays.flatMap(({ picks, traced }) => [picks, traced?.scores ?? [], traced?.mirPicks ?? []]),
      ]);
      counts.push(tf.memory().numTensors);
    }
    expect(new Set(counts).size).toBe(1);
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
}
