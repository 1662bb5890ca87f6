import type { ScenarioName, Settings } from './config.ts';
import { type Dataset, imageSize, type ImageView } from './dataset.ts';
import { randomStream, shuffled } from './random.ts';
import { splitTasks, type Task } from './stream.ts';

/** The datasets that scenarios are made of. */
export type DatasetName = 'mnist' | 'cifar10' | 'miniimagenet';

/** Labels of both halves of a dataset, which are enough to split it into tasks. */
export interface Labels {
  readonly train: Uint8Array;
  readonly test: Uint8Array;
}

/** A dataset and how it is split into tasks; free of TensorFlow.js. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly dataset: DatasetName;
  /** Height, width, channels of an image, and the number of classes, as the dataset has them. */
  readonly imageShape: Dataset['imageShape'];
  readonly classCount: number;
  /** How many tasks there are. */
  readonly taskCount: number;
  /** Whether each class comes in one task only, so that classes have an order. */
  readonly splitsClasses: boolean;
  /** The tasks' images, by seed. */
  tasks(labels: Labels, settings: Pick<Settings, 'seed' | 'samplesPerTask' | 'classOrderSeed'>): Task[];
  /** How the network sees the images. */
  view(settings: Pick<Settings, 'seed'>, dataset: Pick<Dataset, 'imageShape'>): ImageView;
}

/**
 * The classes of each task: in their own order, or shuffled by a seed that no other draw depends on. Within a task they
 * are listed in their own order; the stream mixes them in any case.
 */
export function classesByTask(
  { classCount, taskCount }: Pick<Scenario, 'classCount' | 'taskCount'>,
  classOrderSeed: Settings['classOrderSeed'],
): number[][] {
  const inOrder = Int32Array.from({ length: classCount }, (_, label) => label);
  const order = classOrderSeed === 'off' ? inOrder : shuffled(inOrder, randomStream(classOrderSeed, 'classes'));
  const share = classCount / taskCount;
  return Array.from({ length: taskCount }, (_, task) =>
    [...order.slice(task * share, (task + 1) * share)].sort((a, b) => a - b),
  );
}

/** Tasks that leave the pixels where they are. */
const unpermuted: ImageView['permutation'] = () => null;

/** The classes of CIFAR-10, in the order of its labels (https://www.cs.toronto.edu/~kriz/cifar.html). */
export const cifar10ClassNames: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/** Height, width, channels of a CIFAR-10 image. */
export const cifar10ImageShape: Dataset['imageShape'] = [32, 32, 3];

/** CIFAR-10 comes in six batches of this size: five to train on, one to test on. */
export const cifar10BatchImages = 10_000;
export const cifar10TrainBatches = 5;

/**
 * How much of a folder is gone through for data, several times what a MiniImagenet has: a whole disk or a home folder, named
 * by mistake, has more.
 */
export const mostLookedThrough = { files: 200_000, folders: 5_000 } as const;

/** Split MNIST: five tasks of two digits each (paper, section 4.1). */
export const splitMnist: Scenario = {
  name: 'split-mnist',
  dataset: 'mnist',
  imageShape: [28, 28, 1],
  classCount: 10,
  taskCount: 5,
  splitsClasses: true,
  tasks: ({ train, test }, settings) =>
    splitTasks(train, test, settings, classesByTask(splitMnist, settings.classOrderSeed)),
  view: () => ({ range: [0, 1], permutation: unpermuted }),
};

const taskCount = 10;
const everyDigit = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/**
 * Permuted MNIST: ten tasks with all digits, each with its own fixed permutation of the pixels; the first
 * one leaves them in place (paper, section 4.1).
 */
export const permutedMnist: Scenario = {
  ...splitMnist,
  name: 'permuted-mnist',
  taskCount,
  splitsClasses: false,
  tasks: ({ train, test }, settings) =>
    splitTasks(
      train,
      test,
      settings,
      Array.from({ length: taskCount }, () => everyDigit),
    ),
  view({ seed }, dataset) {
    const random = randomStream(seed, 'permutation');
    const identity = Int32Array.from({ length: imageSize(dataset) }, (_, pixel) => pixel);
    const permutations = Array.from({ length: taskCount - 1 }, () => shuffled(identity, random));
    return {
      range: [0, 1],
      permutation: (task) => (task === 1 ? null : permutations[task - 2]),
      permutedTasks: taskCount,
    };
  },
};

/** The images that each task holds out: 250 of 10,000, which leaves 9,750, as in the paper. */
export const cifar10ValidationShare = 0.025;

/** Split CIFAR-10: five tasks of two classes each (paper, section 4.1). */
export const splitCifar10: Scenario = {
  name: 'split-cifar10',
  dataset: 'cifar10',
  imageShape: cifar10ImageShape,
  classCount: cifar10ClassNames.length,
  taskCount: 5,
  splitsClasses: true,
  tasks: ({ train, test }, settings) =>
    splitTasks(train, test, settings, classesByTask(splitCifar10, settings.classOrderSeed), cifar10ValidationShare),
  view: () => ({ range: [-1, 1], permutation: unpermuted }),
};

/** Split MiniImagenet: 100 classes in twenty tasks of five (paper, section 4.1). */
export const splitMiniImagenet: Scenario = {
  ...splitCifar10,
  name: 'split-miniimagenet',
  dataset: 'miniimagenet',
  imageShape: [84, 84, 3],
  classCount: 100,
  taskCount: 20,
  tasks: ({ train, test }, settings) =>
    splitTasks(train, test, settings, classesByTask(splitMiniImagenet, settings.classOrderSeed)),
};

/** Every scenario by name. */
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  'split-mnist': splitMnist,
  'permuted-mnist': permutedMnist,
  'split-cifar10': splitCifar10,
  'split-miniimagenet': splitMiniImagenet,
};
