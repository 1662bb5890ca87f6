import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Retrieval, RunConfig } from '../../../src/core/config.ts';
import { methodMakers } from '../../../src/engine/createLearner.ts';
import { learnerOf, type Method } from '../../../src/engine/methods/learner.ts';
import { type Course, courseBatches, courseConfig, ownRetrieval, perceptronInput } from './perceptronCourse.ts';
import { dropAll } from './outputs.ts';
import { type Answers, answersOf, trainedBy, type Training } from './trainedBy.ts';

/** Makes the method that is tried. */
type Create = (input: ReturnType<typeof perceptronInput>) => Method;

interface Outcome {
  readonly training: Training;
  readonly before: Answers;
  readonly after: Answers;
}

/** What a learner answers before it trains, what it shows over 50 steps, and what it answers then. */
async function outcome(
  create: Create,
  { config, retrievalOf = ownRetrieval(config), isTraced = () => true }: Course,
): Promise<Outcome> {
  const input = perceptronInput(config);
  const learner = learnerOf(create(input), config.iterations);
  // More images than a learner may take at once.
  const answers = () => answersOf(learner, input.images, 70, 2);
  const before = await answers();
  const training = await trainedBy(learner, courseBatches(input, 50), retrievalOf, isTraced);
  const after = await answers();
  learner.dispose();
  return { training, before, after };
}

const readable = (course: Course) => outcome(methodMakers[course.config.method], course);

function expectClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  const size = Math.max(1e-3, ...wanted.map(Math.abs));
  expect(found).toHaveLength(wanted.length);
  expect(Math.max(0, ...found.map((value, index) => Math.abs(value - wanted[index]))) / size).toBeLessThan(tolerance);
}

function expectSame(found: Outcome, wanted: Outcome): void {
  const { losses, scores, told, ...exact } = found.training;
  const { losses: wantedLosses, scores: wantedScores, told: wantedTold, ...wantedExact } = wanted.training;
  expect(exact).toEqual(wantedExact);
  expectClose(losses.flat(), wantedLosses.flat(), 1e-4);
  expectClose(scores.flat(), wantedScores.flat(), 1e-5);
  expect(told.map((list) => list.length)).toEqual(wantedTold.map((list) => list.length));
  expectClose(told.flat(), wantedTold.flat(), 1e-4);
  expectClose(found.before.surprises, wanted.before.surprises, 1e-6);
  expectClose(found.after.surprises, wanted.after.surprises, 1e-4);
  expect(found.after.named).toEqual(wanted.after.named);
  expectClose([found.after.loss], [wanted.after.loss], 1e-4);
}

/** Registers the tests that hold a faster form's step to the readable one, on the backend that is in use. */
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
    expect(wanted.training.told.length).toBeGreaterThanOrEqual(5 * 50);
  });

  it('learns the same where the retrieval is switched in mid-run, and traces change nothing', async () => {
    const config = courseConfig({});
    const retrievalOf = (step: number): Retrieval => (step % 7 < 3 ? 'random' : 'mir');
    const [traced, untraced] = [
      await tried({ config, retrievalOf }),
      await tried({ config, retrievalOf, isTraced: (step) => step % 3 === 0 }),
    ];
    expectSame(traced, await readable({ config, retrievalOf }));
    expect(untraced.after).toEqual(traced.after);
    expect(untraced.training.picks).toEqual(traced.training.picks);
  });

  it('holds as many tensors after a step as before it', async () => {
    const config = courseConfig({});
    const input = perceptronInput(config);
    const before = tf.memory().numTensors;
    const learner = learnerOf(create(input), config.iterations);
    const counts: number[] = [];
    for (const batch of courseBatches(input, 30)) {
      dropAll(learner.observe(batch, 'mir', true));
      counts.push(tf.memory().numTensors);
    }
    expect(new Set(counts).size).toBe(1);
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
}
