import { presetConfig } from '../core/config.ts';
import type { Batch } from '../core/stream.ts';
import { createLearner } from './createLearner.ts';
import { imageSource } from './data/imageSource.ts';
import { er } from './methods/er.ts';
import { type Learner, type LearnerInput, learnerOf, rowsOf } from './methods/learner.ts';
import { mlp } from './models/networks.ts';
import { GraphicsFailure } from './programs/runProgram.ts';
import type { Output } from './runner/step.ts';

/** Numbers of a backend may differ by so much from those of plain JavaScript. */
const tolerance = 1e-3;

const side = 4;
const classCount = 4;
const imagesPerTask = 20;

/**
 * What the course below gives on the cpu backend of TensorFlow.js: the mean loss of each of its four batches, the scores
 * of the last retrieval, and the mean loss of the network afterwards.
 */
const expected: readonly number[] = [
  1.141733, 1.1283474, 1.775694, 1.7376089, 0.041423, 0.0649229, 0.0443788, 0.0612133, 0.0637523, 0.0332597, 1.1381279,
];

/** A tiny ER-MIR learner: 4 × 4 images of 4 classes in two tasks. */
function tinyInput(): LearnerInput {
  const count = 2 * imagesPerTask;
  const pixels = Uint8Array.from(
    { length: count * side * side },
    (_, place) => (place * place * 31 + place * 97) % 251,
  );
  const labels = Uint8Array.from({ length: count }, (_, sample) => (sample % 2) + (sample < imagesPerTask ? 0 : 2));
  const set = { count, labels, pixels };
  const view = { range: [0, 1], permutation: () => null } as const;
  const tasks = [1, 2].map((number) => ({
    number,
    classes: [2 * number - 2, 2 * number - 1],
    train: Int32Array.from({ length: imagesPerTask }, (_, place) => (number - 1) * imagesPerTask + place),
    validation: new Int32Array(0),
    test: new Int32Array(0),
  }));
  const size = { seed: 3, hidden: 8, memoryPerClass: 3, candidates: 6, budget: 3 };
  return {
    config: presetConfig('split-mnist', 'er-mir', size),
    classifier: mlp([side * side, size.hidden, size.hidden, classCount]),
    images: imageSource(set, view),
    training: { set, view, tasks },
    imageShape: [side, side, 1],
    classCount,
    taskCount: 2,
  };
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

/** The numbers of four small steps on the current backend: two of the first task, two that replay it. */
async function tinyCourse(input: LearnerInput, learner: Learner): Promise<number[]> {
  const { images, training } = input;
  const batches = (training?.tasks ?? []).flatMap(({ number, train }) =>
    [0, 10].map((from): Batch => {
      const samples = train.slice(from, from + 10);
      const labels = samples.map((sample) => images.labelOf(sample));
      return { samples, labels, tasks: new Int32Array(10).fill(number) };
    }),
  );
  const outputs: Output[] = [];
  let scores: Output | null = null;
  batches.forEach((batch, step) => {
    const { losses, replays } = learner.observe(batch, 'mir', step === batches.length - 1);
    outputs.push(losses);
    for (const { picks, traced } of replays) {
      picks.drop();
      traced?.mirPicks.drop();
      scores = traced?.scores ?? null;
    }
  });
  const { answers, loss, elbo } = learner.evaluate(rowsOf(images, batches[0]));
  for (const output of [answers, elbo]) output?.drop();
  const read = (output: Output | null) => output?.read() ?? Promise.resolve([]);
  const [losses, last, after] = await Promise.all([Promise.all(outputs.map(read)), read(scores), read(loss)]);
  return [...losses.map(mean), ...Array.from(last), ...Array.from(after)];
}

/** The numbers of the current backend, in each form that an ER-MIR step has there. */
export async function tinyCourses(): Promise<number[][]> {
  const courses: number[][] = [];
  for (const make of [createLearner, (input: LearnerInput) => learnerOf(er(input), 1)]) {
    const input = tinyInput();
    const learner = make(input);
    try {
      courses.push(await tinyCourse(input, learner));
    } finally {
      learner.dispose();
      input.images.dispose();
    }
  }
  return courses;
}

/** The largest difference of numbers from what plain JavaScript gives; infinite where something is no number. */
export function differenceFromCpu(numbers: readonly number[]): number {
  if (numbers.length !== expected.length) return Infinity;
  const gaps = numbers.map((value, place) => Math.abs(value - expected[place]));
  return gaps.every(Number.isFinite) ? Math.max(...gaps) : Infinity;
}

/**
 * Takes a few ER-MIR steps of a tiny network on the current backend, and compares them with what plain JavaScript gives.
 *
 * @throws GraphicsFailure if they differ
 */
export async function checkNumbers(
  courses: () => Promise<readonly (readonly number[])[]> = tinyCourses,
): Promise<void> {
  for (const numbers of await courses()) {
    const difference = differenceFromCpu(numbers);
    if (difference <= tolerance) continue;
    const how = Number.isFinite(difference)
      ? `they differ by ${difference.toPrecision(2)}`
      : 'some are not numbers at all';
    throw new GraphicsFailure(
      'numbers',
      `A small training step gives other numbers on this graphics card than in plain JavaScript (${how}).`,
    );
  }
}
