import type { Dataset } from './dataset.ts';

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

/** CIFAR-10 comes in six batches of this many images: five to train on, one to test on. */
export const cifar10BatchImages = 10_000;
export const cifar10TrainBatches = 5;
