import { type MethodName, type RunConfig, type ScenarioName, scenarioSettings, type Settings } from './config.ts';

/** A figure of the paper, in percent; the spread as the paper prints it, null where it prints none. */
export interface PaperFigure {
  readonly mean: number;
  readonly spread: number | null;
}

/** A row of one of the paper's tables, ready to run. */
export interface PaperRow {
  readonly table: TableNumber;
  /** What the table groups the row under: its dataset, or its memory per class. */
  readonly group: string;
  readonly label: string;
  /** With seed 0; a sweep puts in its own. */
  readonly config: RunConfig;
  readonly accuracy: PaperFigure;
  /** Null where the paper gives none, as for the i.i.d. bounds. */
  readonly forgetting: PaperFigure | null;
}

export const tableNumbers = [1, 2, 3, 4] as const;
export type TableNumber = (typeof tableNumbers)[number];

/** What each table compares, in a few words. */
export const tableTitles: Readonly<Record<TableNumber, string>> = {
  1: 'Split MNIST and Permuted MNIST, 50 memories per class',
  2: 'Split CIFAR-10, 20, 50 and 100 memories per class',
  3: 'Split CIFAR-10, 100 memories per class, 5 iterations per batch',
  4: 'Split MiniImagenet, 100 memories per class, 3 iterations per batch',
};

const labels: Readonly<Record<MethodName, string>> = {
  'fine-tune': 'Fine-tune',
  'er': 'ER',
  'er-mir': 'ER-MIR',
  'gem': 'GEM',
  'icarl': 'iCaRL',
  'gen': 'GEN',
  'gen-mir': 'GEN-MIR',
  'ae-er': 'AE-ER',
  'ae-mir': 'AE-MIR',
  'iid-online': 'i.i.d. online',
  'iid-offline': 'i.i.d. offline',
};

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

type Figures = readonly [mean: number, spread: number | null];

function figure(figures: Figures): PaperFigure {
  return { mean: figures[0], spread: figures[1] };
}

function row(
  table: TableNumber,
  group: string,
  config: RunConfig,
  accuracy: Figures,
  forgetting: Figures | null,
): PaperRow {
  const label = labels[config.method];
  return { table, group, label, config, accuracy: figure(accuracy), forgetting: forgetting && figure(forgetting) };
}

function cifar(table: TableNumber, memoryPerClass: number, method: MethodName, accuracy: number, forgetting: number | null, change: Partial<Settings> = {}) {
  const config = presetConfig('split-cifar10', method, { memoryPerClass, ...change });
  return row(table, `M = ${memoryPerClass}`, config, [accuracy, null], forgetting === null ? null : [forgetting, null]);
}

const [splitMnist, permutedMnist] = ['Split MNIST', 'Permuted MNIST'];
const split = (method: MethodName) => presetConfig('split-mnist', method);
const permuted = (method: MethodName) => presetConfig('permuted-mnist', method);
const mini = (method: MethodName) => presetConfig('split-miniimagenet', method);

/** Every row of Tables 1 to 4 that learns from the stream or from stored images, in the paper's order. */
export const paperRows: readonly PaperRow[] = [
  row(1, splitMnist, split('iid-online'), [86.8, 1.1], null),
  row(1, splitMnist, split('iid-offline'), [92.3, 0.5], null),
  row(1, splitMnist, split('fine-tune'), [19.0, 0.2], [97.8, 0.2]),
  row(1, splitMnist, split('gem'), [86.3, 1.4], [11.2, 1.2]),
  row(1, splitMnist, split('er'), [82.1, 1.5], [15.0, 2.1]),
  row(1, splitMnist, split('er-mir'), [87.6, 0.7], [7.0, 0.9]),
  row(1, permutedMnist, permuted('iid-online'), [73.8, 1.2], null),
  row(1, permutedMnist, permuted('iid-offline'), [86.6, 0.5], null),
  row(1, permutedMnist, permuted('fine-tune'), [64.6, 1.7], [15.2, 1.9]),
  row(1, permutedMnist, permuted('gem'), [78.8, 0.4], [3.1, 0.5]),
  row(1, permutedMnist, permuted('er'), [78.9, 0.6], [3.8, 0.6]),
  row(1, permutedMnist, permuted('er-mir'), [80.1, 0.4], [3.9, 0.3]),
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
  row(4, 'MiniImagenet', mini('er'), [24.7, null], [23.5, null]),
  row(4, 'MiniImagenet', mini('er-mir'), [25.2, null], [18.0, null]),
];
