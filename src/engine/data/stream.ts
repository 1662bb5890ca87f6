import { batchSize, type Settings } from '../config.ts';
import { randomStream, shuffled } from '../random.ts';

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

/** Classes of each task of Split MNIST: {0,1} … {8,9} (paper, section 4.1). */
export const splitMnistClasses: readonly (readonly number[])[] = [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]];

const validationShare = 0.05;

/** Indices of the labels that belong to `classes`, in order: a filter, never arithmetic over sorted labels. */
function indicesOf(labels: Uint8Array, classes: readonly number[]): Int32Array {
  const indices: number[] = [];
  labels.forEach((label, index) => {
    if (classes.includes(label)) indices.push(index);
  });
  return Int32Array.from(indices);
}

/**
 * Splits a dataset into tasks by label. Per task: shuffle by seed, hold out 5% for validation, take
 * `samplesPerTask` of the rest and drop the last incomplete batch (design, section 3).
 *
 * @throws RangeError if a task has fewer training images than one batch
 */
export function splitTasks(
  trainLabels: Uint8Array,
  testLabels: Uint8Array,
  settings: Pick<Settings, 'seed' | 'samplesPerTask'>,
  classesByTask: readonly (readonly number[])[] = splitMnistClasses,
): Task[] {
  const random = randomStream(settings.seed, 'data');
  return classesByTask.map((classes, index) => {
    const order = shuffled(indicesOf(trainLabels, classes), random);
    const heldOut = Math.floor(order.length * validationShare);
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

/** The training images that an experiment needs, so that a loader can fetch no more than those. */
export function neededSamples(tasks: readonly Task[]): Int32Array {
  return Int32Array.from(tasks.flatMap((task) => [...task.train]));
}
