import type { RunConfig } from '../config.ts';
import type { Dataset } from '../data/dataset.ts';
import { imageSource } from '../data/imageSource.ts';
import { type Batch, sequentialStream } from '../data/stream.ts';
import type { LearnerInput } from '../methods/learner.ts';
import { classifierFor } from '../models/classifierFor.ts';
import { scenarios } from '../scenarios/scenarios.ts';

/** What contestants of one subject are made of, and learn. */
export interface BenchmarkInput {
  readonly learner: LearnerInput;
  /** Batches of the first task, to fill a memory with. */
  readonly first: readonly Batch[];
  /** Batches of the later tasks. */
  readonly later: readonly Batch[];
}

export function benchmarkInput(dataset: Dataset, config: RunConfig): BenchmarkInput {
  const scenario = scenarios[config.scenario];
  const view = scenario.view(config, dataset);
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const batches = sequentialStream(tasks, dataset.train.labels).flatMap((step) => step.batches);
  return {
    learner: {
      config,
      classifier: classifierFor(config, dataset),
      images: imageSource(dataset.train, view),
      training: { set: dataset.train, view, tasks },
      imageShape: dataset.imageShape,
      classCount: dataset.classNames.length,
      taskCount: scenario.taskCount,
    },
    first: batches.filter((batch) => batch.tasks[0] === 1),
    later: batches.filter((batch) => batch.tasks[0] !== 1),
  };
}

/** Batches around and around. */
export function* cycled(batches: readonly Batch[]): Generator<Batch, never> {
  for (;;) yield* batches;
}
