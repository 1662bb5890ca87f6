import type { RunConfig } from '../core/config.ts';
import type { ImageSet } from '../core/dataset.ts';
import { initialRetrieval } from '../core/methods.ts';
import { below, randomStream } from '../core/random.ts';
import { scenarios } from '../core/scenarios.ts';
import type { Batch, Task } from '../core/stream.ts';
import { createLearner } from './createLearner.ts';
import { imageSource } from './data/imageSource.ts';
import type { Learner, LearnerInput } from './methods/learner.ts';
import { classifierFor } from './models/mlp.ts';
import type { Output } from './runner/step.ts';

/** A piece of work of which the numbers have come back. */
export interface TrialPart {
  /** Learning the first task, the first step of the second, or steps that do nothing for the first time. */
  readonly kind: 'filling' | 'first' | 'steps';
  /** How many steps of all lanes it was. */
  readonly steps: number;
}

const batchLength = 10;
/** Batches of the first task; ER has C = 50 candidates after so many. */
const mostFilling = 5;
const secondTaskBatches = 4;

/** What a lane learns in a trial: noise in the shape of the scenario's images, in two tasks of two classes. */
function trialInput(config: RunConfig): {
  readonly input: LearnerInput;
  readonly batches: readonly (readonly Batch[])[];
} {
  const scenario = scenarios[config.scenario];
  const { imageShape, classCount, taskCount } = scenario;
  const classNames = Array.from({ length: classCount }, (_, index) => String(index));
  const lengths = [mostFilling, secondTaskBatches].map((count) => count * batchLength);
  const count = lengths[0] + lengths[1];
  const random = randomStream(0, 'data');
  const set: ImageSet = {
    count,
    labels: Uint8Array.from({ length: count }, (_, sample) => (sample % 2) + (sample < lengths[0] ? 0 : 2)),
    pixels: Uint8Array.from({ length: count * imageShape[0] * imageShape[1] * imageShape[2] }, () =>
      below(256, random),
    ),
  };
  const view = scenario.view(config, { imageShape });
  const tasks = lengths.map((length, index): Task => ({
    number: index + 1,
    classes: [2 * index, 2 * index + 1],
    train: Int32Array.from({ length }, (_, place) => index * lengths[0] + place),
    validation: new Int32Array(0),
    test: new Int32Array(0),
  }));
  const batches = tasks.map(({ number, train }) =>
    Array.from({ length: train.length / batchLength }, (_, index): Batch => {
      const samples = train.slice(index * batchLength, (index + 1) * batchLength);
      const labels = samples.map((sample) => set.labels[sample]);
      return { samples, labels, tasks: new Int32Array(batchLength).fill(number) };
    }),
  );
  return {
    input: {
      // Of an autoencoder's passes over a task each is like the first.
      config: { ...config, aeEpochs: 1 },
      classifier: classifierFor(config, { imageShape, classNames }),
      images: imageSource(set, view),
      training: { set, view, tasks },
      imageShape,
      classCount,
      taskCount,
    },
    batches,
  };
}

/** Learns a batch, and gives what can be waited for. */
function learnt(learner: Learner, config: RunConfig, batch: Batch): Output {
  const { losses, replays, replacedLatents } = learner.observe(batch, initialRetrieval(config.method), false);
  for (const output of [...replays.map(({ picks }) => picks), ...replacedLatents]) output.drop();
  return losses;
}

/**
 * Takes steps like those of some lanes, on the current backend, with learners that nobody sees: a few of a first task,
 * so that there is something to replay, and then, for as long as it is asked, steps of a second one.
 *
 * @param blockSteps asked before each of the last parts: how many steps to take together
 */
export async function* trialSteps(
  lanes: readonly RunConfig[],
  blockSteps: () => number,
): AsyncGenerator<TrialPart, void, void> {
  const open: { dispose(): void }[] = [];
  try {
    const learners = lanes.map((config) => {
      const { input, batches } = trialInput(config);
      open.push(input.images);
      const learner = createLearner(input);
      open.push(learner);
      return { learner, config, batches };
    });
    const all = async (task: number, index: number, steps: number) => {
      const last = learners.map(({ learner, config, batches }) => {
        const own = batches[task];
        for (let step = 1; step < steps; step++) learnt(learner, config, own[(index + step) % own.length]).drop();
        return learnt(learner, config, own[index % own.length]);
      });
      await Promise.all(last.map((output) => output.read()));
    };
    const begin = (task: number) => {
      for (const { learner, batches } of learners)
        for (const { loss } of learner.startTask?.(batches[task].slice(0, 2)) ?? []) loss?.drop();
    };

    const filling = Math.max(...lanes.map(fillingOf));
    begin(0);
    for (let index = 0; index < filling; index++) {
      await all(0, index, 1);
      yield { kind: 'filling', steps: 1 };
    }
    for (const { learner } of learners) await learner.finishTask?.();
    begin(1);
    await all(1, 0, 1);
    yield { kind: 'first', steps: 1 };
    for (let index = 1; ; index++) {
      const steps = blockSteps();
      await all(1, index, steps);
      yield { kind: 'steps', steps };
    }
  } finally {
    for (const held of open.reverse()) held.dispose();
  }
}

/** Batches of the first task that a lane must have learnt to have its usual number of candidates, or a few. */
function fillingOf({ method, candidates }: RunConfig): number {
  return method === 'er' || method === 'er-mir' ? Math.min(mostFilling, Math.ceil(candidates / batchLength)) : 2;
}
