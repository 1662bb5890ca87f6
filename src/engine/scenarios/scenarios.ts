import type { ScenarioName } from '../config.ts';
import { permutedMnist } from './permutedMnist.ts';
import type { Scenario } from './scenario.ts';
import { splitCifar10 } from './splitCifar10.ts';
import { splitMiniImagenet } from './splitMiniImagenet.ts';
import { splitMnist } from './splitMnist.ts';

/** Every scenario by name. */
export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  'split-mnist': splitMnist,
  'permuted-mnist': permutedMnist,
  'split-cifar10': splitCifar10,
  'split-miniimagenet': splitMiniImagenet,
};
