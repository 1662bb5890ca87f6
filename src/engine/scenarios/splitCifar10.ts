import { splitTasks } from '../data/stream.ts';
import { type Scenario, unpermuted } from './scenario.ts';

/** Split CIFAR-10: five tasks of two classes each (paper, section 4.1). */
export const splitCifar10: Scenario = {
  name: 'split-cifar10',
  dataset: 'cifar10',
  taskCount: 5,
  tasks: ({ train, test }, settings) => splitTasks(train, test, settings, [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]),
  view: () => ({ range: [-1, 1], permutation: unpermuted }),
};
