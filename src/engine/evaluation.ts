import type * as tf from '@tensorflow/tfjs';
import type { RunConfig } from '../core/config.ts';
import type { BackendReport, ExperimentEvent } from '../core/events.ts';
import { mean } from '../core/metrics.ts';
import { randomStream, shuffled } from '../core/random.ts';
import type { ImageSource } from './data/imageSource.ts';
import type { Lane, LaneAnswers, TaskScore } from './lane.ts';
import { type Evaluation, rowsOf } from './methods/learner.ts';
import { type Output, numbers } from './runner/step.ts';
import { type Dataset, imageSize, type ImageView } from '../core/dataset.ts';

/** The test images of one task in a fixed order; the subset is the first of them. */
export interface TaskTest {
  readonly samples: Int32Array;
  readonly subset: number;
}

/**
 * Orders each task's test images, in the same way for all seeds, and marks how many of them the evaluation during
 * training uses: `size` images in all, in equal shares.
 */
export function testSets(imagesOfTasks: readonly Int32Array[], size: number): TaskTest[] {
  const random = randomStream(0, 'evaluation');
  const share = Math.max(1, Math.floor(size / imagesOfTasks.length));
  return imagesOfTasks.map((images) => ({
    samples: shuffled(images, random),
    subset: Math.min(share, images.length),
  }));
}

/** How often and on how much a run is evaluated, and how many images are classified at a time. */
export interface EvaluationPlan {
  /** Steps between two evaluations. */
  readonly interval: number;
  /** Test images of the subset. */
  readonly size: number;
  /** Test images in one forward pass; between two of them a consumer regains control. */
  readonly chunk: number;
}

/** Chosen so that evaluation takes less than a fifth of the time at the paper's Split MNIST settings. */
function planFor(backend: BackendReport): EvaluationPlan {
  switch (backend.name) {
    case 'webgpu':
    case 'webgl':
      return backend.hardware ? { interval: 10, size: 1_000, chunk: 1_000 } : { interval: 25, size: 200, chunk: 200 };
    case 'wasm':
      return { interval: 10, size: 500, chunk: 500 };
    case 'cpu':
      return { interval: 25, size: 200, chunk: 100 };
    default:
      return backend.name satisfies never;
  }
}

/**
 * The most numbers that a layer may output in one forward pass: 4 MB, of which a ResNet holds about ten at a time. All
 * of MNIST's network stays below it; a ResNet-18 classifies 51 images of CIFAR-10 at a time, about as fast as 500.
 */
const mostNumbers = 2 ** 20;

/**
 * The plan for a backend, with the interval and size that the configuration sets itself.
 *
 * @param widestLayer numbers that the network's widest layer gives for one image
 */
export function evaluationPlan(
  config: Pick<RunConfig, 'evaluationInterval' | 'evaluationSize'>,
  backend: BackendReport,
  widestLayer: number,
): EvaluationPlan {
  const plan = planFor(backend);
  return {
    interval: config.evaluationInterval === 'auto' ? plan.interval : config.evaluationInterval,
    size: config.evaluationSize === 'auto' ? plan.size : config.evaluationSize,
    chunk: Math.max(1, Math.min(plan.chunk, Math.floor(mostNumbers / widestLayer))),
  };
}

/** What to evaluate. */
interface EvaluationInput {
  readonly lanes: readonly Lane[];
  /** Test images as the scenario shows them. */
  readonly images: ImageSource;
  readonly tests: readonly TaskTest[];
  /** Resolves once these test images are in memory, as those of the subset are. */
  readonly ready: (samples: Int32Array) => Promise<void>;
  readonly step: number;
  /** Number of the task that the sequential stream is at. */
  readonly task: number;
  readonly complete: boolean;
  /** Images in one forward pass. */
  readonly chunk: number;
  readonly classCount: number;
}

/** The answers of one lane, once they have been read back. */
interface EvaluationOutput {
  readonly lane: Lane;
  readonly answers: Promise<LaneAnswers>;
  /** Mean test loss in nats; not finite if the lane's weights are not. */
  readonly loss: Promise<number>;
}

/**
 * Classifies test images with every lane, chunk by chunk, and starts to read back the answers. Yields
 * after each chunk, so that a consumer can pause or abandon it.
 */
export async function* evaluate(input: EvaluationInput): AsyncGenerator<ExperimentEvent, EvaluationOutput[], void> {
  const { lanes, tests, chunk } = input;
  if (lanes.length === 0) return [];
  const outputs = lanes.map((): Evaluation[] => []);
  const mostSeen = Math.max(...lanes.map((lane) => lane.tasksSeen(input.task)));
  const used = tests
    .slice(0, mostSeen)
    .map(({ samples, subset }) => (input.complete ? samples : samples.slice(0, subset)));
  const total = used.reduce((sum, samples) => sum + samples.length, 0);
  let done = 0;
  for (const [index, samples] of used.entries()) {
    if (input.complete) await input.ready(samples);
    for (let from = 0; from < samples.length; from += chunk) {
      const cut = samples.slice(from, from + chunk);
      const rows = rowsOf(input.images, { samples: cut, tasks: new Int32Array(cut.length).fill(index + 1) });
      lanes.forEach((lane, position) => {
        if (index < lane.tasksSeen(input.task)) outputs[position].push(lane.learner.evaluate(rows));
      });
      done += cut.length;
      yield { kind: 'evaluating', step: input.step, done, total };
    }
  }
  return lanes.map((lane, index) => {
    const evaluations = outputs[index];
    const seen = tests.slice(0, lane.tasksSeen(input.task));
    return {
      lane,
      answers: Promise.all([
        joined(evaluations.map(({ answers }) => answers)),
        Promise.all(evaluations.map(({ elbo }) => (elbo === null ? Promise.resolve([]) : elbo.read()))),
      ]).then(([answers, parts]) => {
        const labels = seen.flatMap((_, task) => Array.from(used[task], input.images.labelOf));
        const right = answers.map((answer, image) => Number(answer === labels[image]));
        return {
          scores: scoresOf(right, joinedParts(parts), seen, input.complete),
          confusion: confusionOf(labels, answers, input.classCount),
        };
      }),
      loss: joined(evaluations.map(({ loss }) => loss)).then(mean),
    };
  });
}

/** Counts answers: row by row of the true class, column by column of the answer. */
export function confusionOf(
  labels: readonly number[],
  answers: readonly number[],
  classCount: number,
): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(classCount * classCount);
  labels.forEach((label, image) => {
    counts[label * classCount + answers[image]] += 1;
  });
  return counts;
}

/** The numbers of some outputs, one after another. */
async function joined(outputs: readonly Output[]): Promise<number[]> {
  return (await Promise.all(outputs.map((output) => output.read()))).flatMap((values) => Array.from(values));
}

/** All reconstructions, then all KL divergences, of chunks that have both; null without a VAE. */
function joinedParts(chunks: readonly ArrayLike<number>[]): number[] | null {
  const parts = chunks.map((values) => Array.from(values));
  if (parts.every(({ length }) => length === 0)) return null;
  return [0, 1].flatMap((half) =>
    parts.flatMap((values) => values.slice((half * values.length) / 2, ((half + 1) * values.length) / 2)),
  );
}

/** @param parts of each image's −ELBO, first all reconstructions, then all KL divergences; null without a VAE */
function scoresOf(
  flags: ArrayLike<number>,
  parts: ArrayLike<number> | null,
  seen: readonly TaskTest[],
  complete: boolean,
): TaskScore[] {
  let from = 0;
  return seen.map(({ samples, subset }) => {
    const count = complete ? samples.length : subset;
    const cut = (values: ArrayLike<number>, start: number) =>
      Array.from({ length: count }, (_, index) => values[start + index]);
    const right = cut(flags, from);
    const elbo = parts && { reconstruction: mean(cut(parts, from)), kl: mean(cut(parts, flags.length + from)) };
    from += count;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return {
      subset: { right: sum(right.slice(0, subset)), total: subset },
      complete: complete ? { right: sum(right), total: count } : null,
      elbo,
    };
  });
}

/**
 * Asks every lane what it takes images for, as it stands now. Training neither waits nor changes.
 *
 * @param bytes images one after another, as the dataset has them; a task that permutes pixels does not
 * @returns for each lane the probability of each class for each image, image by image; null for a lane that has stopped
 */
export type Ask = (bytes: Uint8Array) => Promise<readonly (ArrayLike<number> | null)[]>;

/** What asks some lanes. */
export function asking(
  lanes: readonly Lane[],
  { range: [low, high] }: Pick<ImageView, 'range'>,
  dataset: Pick<Dataset, 'imageShape'>,
): Ask {
  const size = imageSize(dataset);
  const scale = (high - low) / 255;
  return async (bytes) => {
    const values = Float32Array.from(bytes, (byte) => low + byte * scale);
    const images = numbers<tf.Rank.R2>(values, [bytes.length / size, size]);
    return Promise.all(
      lanes.map((lane) => (lane.stopped === null ? lane.learner.answer(images).read() : Promise.resolve(null))),
    );
  };
}
