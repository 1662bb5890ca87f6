import { type MethodName, type RunConfig, type ScenarioName, scenarioSettings, type Settings } from './config.ts';
import { figure4Rows, generativeRows } from './generativePresets.ts';
import { type PaperRow, paperRow, type TableId } from './paperRow.ts';

/**
 * What a method needs beyond its scenario's settings. GEM's learning rate, which the paper leaves open, is the
 * scenario's: on Split MNIST a study on images held out of training chose it
 * (`src/cli/studies/gem-split-mnist.csv`; `npm run study` repeats it). iCaRL iterates five times on each batch.
 */
export function methodSettings(method: MethodName): Partial<Settings> {
  return method === 'icarl' ? { iterations: 5 } : {};
}

/** The paper's configuration of a method in a scenario. */
export function presetConfig(scenario: ScenarioName, method: MethodName, change: Partial<Settings> = {}): RunConfig {
  return { ...scenarioSettings(scenario), ...methodSettings(method), ...change, method };
}

function cifar(table: TableId, memoryPerClass: number, method: MethodName, accuracy: number, forgetting: number | null, change: Partial<Settings> = {}) {
  const config = presetConfig('split-cifar10', method, { memoryPerClass, ...change });
  return paperRow(table, `M = ${memoryPerClass}`, config, {
    accuracy: [accuracy, null],
    forgetting: forgetting === null ? null : [forgetting, null],
  });
}

const [splitMnist, permutedMnist] = ['Split MNIST', 'Permuted MNIST'] as const;
const split = (method: MethodName) => presetConfig('split-mnist', method);
const permuted = (method: MethodName) => presetConfig('permuted-mnist', method);
const mini = (method: MethodName) => presetConfig('split-miniimagenet', method);

/** Every row of the paper's tables and of its Figure 4, in the paper's order. */
export const paperRows: readonly PaperRow[] = [
  paperRow(1, splitMnist, split('iid-online'), { accuracy: [86.8, 1.1] }),
  paperRow(1, splitMnist, split('iid-offline'), { accuracy: [92.3, 0.5] }),
  paperRow(1, splitMnist, split('fine-tune'), { accuracy: [19.0, 0.2], forgetting: [97.8, 0.2] }),
  paperRow(1, splitMnist, split('gem'), { accuracy: [86.3, 1.4], forgetting: [11.2, 1.2] }),
  paperRow(1, splitMnist, split('er'), { accuracy: [82.1, 1.5], forgetting: [15.0, 2.1] }),
  paperRow(1, splitMnist, split('er-mir'), { accuracy: [87.6, 0.7], forgetting: [7.0, 0.9] }),
  ...generativeRows(1, splitMnist),
  paperRow(1, permutedMnist, permuted('iid-online'), { accuracy: [73.8, 1.2] }),
  paperRow(1, permutedMnist, permuted('iid-offline'), { accuracy: [86.6, 0.5] }),
  paperRow(1, permutedMnist, permuted('fine-tune'), { accuracy: [64.6, 1.7], forgetting: [15.2, 1.9] }),
  paperRow(1, permutedMnist, permuted('gem'), { accuracy: [78.8, 0.4], forgetting: [3.1, 0.5] }),
  paperRow(1, permutedMnist, permuted('er'), { accuracy: [78.9, 0.6], forgetting: [3.8, 0.6] }),
  paperRow(1, permutedMnist, permuted('er-mir'), { accuracy: [80.1, 0.4], forgetting: [3.9, 0.3] }),
  ...generativeRows(1, permutedMnist),
  cifar(2, 100, 'iid-online', 60.8, null),
  cifar(2, 100, 'iid-offline', 79.2, null),
  cifar(2, 100, 'fine-tune', 18.4, 85.4),
  cifar(2, 20, 'gem', 16.8, null),
  cifar(2, 20, 'icarl', 28.6, null),
  cifar(2, 20, 'er', 27.5, 50.5),
  cifar(2, 20, 'er-mir', 29.8, 50.2),
  cifar(2, 50, 'gem', 17.1, null),
  cifar(2, 50, 'icarl', 33.7, null),
  cifar(2, 50, 'er', 33.1, 35.4),
  cifar(2, 50, 'er-mir', 40.0, 30.2),
  cifar(2, 100, 'gem', 17.5, null),
  cifar(2, 100, 'icarl', 32.4, null),
  cifar(2, 100, 'er', 41.3, 23.3),
  cifar(2, 100, 'er-mir', 47.6, 17.4),
  cifar(3, 100, 'iid-online', 62.0, null, { iterations: 5 }),
  cifar(3, 100, 'er', 42.4, null, { iterations: 5 }),
  cifar(3, 100, 'er-mir', 49.3, null, { iterations: 5 }),
  paperRow(4, 'MiniImagenet', mini('er'), { accuracy: [24.7, null], forgetting: [23.5, null] }),
  paperRow(4, 'MiniImagenet', mini('er-mir'), { accuracy: [25.2, null], forgetting: [18.0, null] }),
  ...generativeRows(5, splitMnist),
  ...generativeRows(5, permutedMnist),
  ...figure4Rows,
];
