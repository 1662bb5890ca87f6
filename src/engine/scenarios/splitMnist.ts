import { splitTasks } from '../data/stream.ts';
import { type Scenario, unpermuted } from './scenario.ts';

/** Split MNIST: five tasks of two digits each (paper, section 4.1). */
export const splitMnist: Scenario = {
  name: 'split-mnist',
  dataset: 'mnist',
  imageShape: [28, 28, 1],
  classCount: 10,
  taskCount: 5,
  tasks: ({ train, test }, settings) => splitTasks(train, test, settings, [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]),
  view: () => ({ range: [0, 1], permutation: unpermuted }),
};
