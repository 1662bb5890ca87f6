import { cifar10ClassNames, cifar10ImageShape } from '../data/cifar10.ts';
import { splitTasks } from '../data/stream.ts';
import { type Scenario, unpermuted } from './scenario.ts';

/** What each task holds out: 250 of 10,000, so that 9,750 are left, as in the paper. */
export const cifar10ValidationShare = 0.025;

/** Split CIFAR-10: five tasks of two classes each (paper, section 4.1). */
export const splitCifar10: Scenario = {
  name: 'split-cifar10',
  dataset: 'cifar10',
  imageShape: cifar10ImageShape,
  classCount: cifar10ClassNames.length,
  taskCount: 5,
  tasks: ({ train, test }, settings) => splitTasks(train, test, settings, [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]], cifar10ValidationShare),
  view: () => ({ range: [-1, 1], permutation: unpermuted }),
};
