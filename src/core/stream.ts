import { batchSize, type Settings } from './config.ts';
import { randomStream, shuffled } from './random.ts';
import { type MethodName, methods } from './methods.ts';

/** The images of one task, as indices into the dataset's halves. */
export interface Task {
  /** 1 for the first task. */
  readonly number: number;
  readonly classes: readonly number[];
  /** Training images in the order in which they come; whole batches only. */
  readonly train: Int32Array;
  /** Held out of training, for choosing hyper-parameters. */
  readonly validation: Int32Array;
  /** All test images of the task's classes. */
  readonly test: Int32Array;
}

/** One incoming batch: indices into the training images, their labels and tasks. */
export interface Batch {
  readonly samples: Int32Array;
  readonly labels: Int32Array;
  /** Task number of each sample; equal for all of them in a sequential stream. */
  readonly tasks: Int32Array;
}

/** Indices of the labels that belong to `classes`, in order: a filter, never arithmetic over sorted labels. */
function indicesOf(labels: Uint8Array, classes: readonly number[]): Int32Array {
  const indices: number[] = [];
  labels.forEach((label, index) => {
    if (classes.includes(label)) indices.push(index);
  });
  return Int32Array.from(indices);
}

/** The share of a task's training images that is held out, unless a scenario has its own. */
export const validationShare = 0.05;

/**
 * Splits a dataset into tasks by label. Per task: shuffle by seed, hold out a share for validation, take
 * `samplesPerTask` of the rest and drop the last incomplete batch.
 *
 * @throws RangeError if a task has fewer training images than one batch
 */
export function splitTasks(
  trainLabels: Uint8Array,
  testLabels: Uint8Array,
  settings: Pick<Settings, 'seed' | 'samplesPerTask'>,
  classesByTask: readonly (readonly number[])[],
  heldOutShare = validationShare,
): Task[] {
  const random = randomStream(settings.seed, 'data');
  return classesByTask.map((classes, index) => {
    const order = shuffled(indicesOf(trainLabels, classes), random);
    const heldOut = Math.floor(order.length * heldOutShare);
    const available = order.length - heldOut;
    const taken = Math.min(settings.samplesPerTask, available);
    const whole = taken - (taken % batchSize);
    if (whole === 0) {
      throw new RangeError(
        `Task ${index + 1} (classes ${classes.join(', ')}) has ${available} training images; one batch needs ${batchSize}.`,
      );
    }
    return {
      number: index + 1,
      classes,
      validation: order.slice(0, heldOut),
      train: order.slice(heldOut, heldOut + whole),
      test: indicesOf(testLabels, classes),
    };
  });
}

/** The training images that an experiment needs, so that a loader fetches no others. */
export function neededSamples(tasks: readonly Task[]): Int32Array {
  return Int32Array.from(tasks.flatMap((task) => [...task.train]));
}

/** What a lane trains on in one step of an experiment. */
export interface StreamStep {
  /** Number of the task that the sequential stream is at. */
  readonly task: number;
  /** One batch, or several where a method passes over the data more often than the others. */
  readonly batches: readonly Batch[];
}

/** The non-i.i.d. stream: task after task, one pass, one batch a step. */
export function sequentialStream(tasks: readonly Task[], labels: Uint8Array): StreamStep[] {
  return tasks.flatMap((task) => {
    const tasksOf = new Int32Array(task.train.length).fill(task.number);
    return cutIntoBatches(task.train, tasksOf, labels).map((batch) => ({ task: task.number, batches: [batch] }));
  });
}

/**
 * The i.i.d. bounds' stream: all tasks' samples shuffled together, `passes` times, anew for each pass. It
 * has as many steps as the sequential stream, with `passes` batches in each.
 */
export function iidStream(tasks: readonly Task[], labels: Uint8Array, seed: number, passes: number): StreamStep[] {
  const random = randomStream(seed, 'order');
  const samples = neededSamples(tasks);
  const tasksOf = Int32Array.from(tasks.flatMap((task) => Array.from(task.train, () => task.number)));
  const positions = samples.map((_, position) => position);
  const batches = Array.from({ length: passes }, () => {
    const order = shuffled(positions, random);
    return cutIntoBatches(
      order.map((position) => samples[position]),
      order.map((position) => tasksOf[position]),
      labels,
    );
  }).flat();
  return sequentialStream(tasks, labels).map(({ task }, step) => ({
    task,
    batches: batches.slice(step * passes, (step + 1) * passes),
  }));
}

function cutIntoBatches(samples: Int32Array, tasks: Int32Array, labels: Uint8Array): Batch[] {
  return Array.from({ length: samples.length / batchSize }, (_, index) => {
    const cut = samples.slice(index * batchSize, (index + 1) * batchSize);
    return {
      samples: cut,
      labels: cut.map((sample) => labels[sample]),
      tasks: tasks.slice(index * batchSize, (index + 1) * batchSize),
    };
  });
}

/** Steps after the first boundary that a first viewer sees slowly. */
const watchedSteps = 15;
/** Shorter tasks are over before there is anything to watch. */
const shortestTask = 60;

/** Steps per second at which the first boundary is watched. */
export const watchingSpeed = 3;

/**
 * The steps right after the first task, in which what was learnt is forgotten: after `from`, up to `to`. Null where
 * nothing stops coming, or where tasks are too short to watch.
 *
 * @param tasks each with its training images
 */
export function firstBoundary(
  lanes: readonly MethodName[],
  tasks: readonly { readonly train: { readonly length: number } }[],
): { readonly from: number; readonly to: number } | null {
  const steps = tasks.slice(0, 2).map(({ train }) => Math.floor(train.length / batchSize));
  if (steps.length < 2 || Math.min(steps[0], steps[1]) < shortestTask) return null;
  if (!lanes.some((method) => methods[method].stream.kind === 'sequential')) return null;
  return { from: steps[0], to: steps[0] + watchedSteps };
}
