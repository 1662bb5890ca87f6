import { splitTasks } from '../data/stream.ts';
import type { Scenario } from './scenario.ts';
import { splitCifar10 } from './splitCifar10.ts';

const classesPerTask = 5;

/** Split MiniImagenet: 100 classes in twenty tasks of five (paper, section 4.1). */
export const splitMiniImagenet: Scenario = {
  ...splitCifar10,
  name: 'split-miniimagenet',
  dataset: 'miniimagenet',
  imageShape: [84, 84, 3],
  classCount: 100,
  taskCount: 20,
  tasks({ train, test }, settings) {
    const classesOf = (task: number) => Array.from({ length: classesPerTask }, (_, index) => task * classesPerTask + index);
    return splitTasks(train, test, settings, Array.from({ length: 20 }, (_, task) => classesOf(task)));
  },
};
