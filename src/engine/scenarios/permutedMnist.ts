import { imageSize } from '../data/dataset.ts';
import { splitTasks } from '../data/stream.ts';
import { randomStream, shuffled } from '../random.ts';
import type { Scenario } from './scenario.ts';
import { splitMnist } from './splitMnist.ts';

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
  tasks: ({ train, test }, settings) =>
    splitTasks(train, test, settings, Array.from({ length: taskCount }, () => everyDigit)),
  view({ seed }, dataset) {
    const random = randomStream(seed, 'permutation');
    const identity = Int32Array.from({ length: imageSize(dataset) }, (_, pixel) => pixel);
    const permutations = Array.from({ length: taskCount - 1 }, () => shuffled(identity, random));
    return { range: [0, 1], permutation: (task) => (task === 1 ? null : permutations[task - 2]) };
  },
};
