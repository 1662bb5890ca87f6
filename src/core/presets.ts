import { type MethodName, type RunConfig, type ScenarioName, scenarioSettings, type Settings } from './config.ts';
import { type PaperRow, paperRow, type TableId } from './paperRow.ts';
import { type GenerativeSettings, noAscent, permutedMnistGenerative, splitMnistGenerative } from './replaySettings.ts';

/**
 * What a method needs beyond its scenario's settings. iCaRL iterates five times on each batch. The learning rates of
 * GEM and iCaRL, which the paper leaves open, were chosen on images held out of training; the studies lie in
 * `src/cli/studies`, and `npm run study` repeats them. GEM's on Split MNIST is the scenario's own.
 */
function methodSettings(scenario: ScenarioName, method: MethodName): Partial<Settings> {
  switch (method) {
    case 'gem':
      return scenario === 'permuted-mnist' ? { learningRate: 0.2 } : {};
    case 'icarl':
      return scenario === 'split-cifar10' ? { iterations: 5, learningRate: 0.03 } : { iterations: 5 };
    default:
      return {};
  }
}

/** The paper's configuration of a method in a scenario. */
export function presetConfig(scenario: ScenarioName, method: MethodName, change: Partial<Settings> = {}): RunConfig {
  return { ...scenarioSettings(scenario), ...methodSettings(scenario, method), ...change, method };
}

/** The authors' settings of each row, found by their search over random ones (paper, appendix). */
const splitMnistTable = {
  gen: {
    ...splitMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    replayBatches: 4,
    memoryCoefficient: 3,
    vaeDepth: 2,
    vaeHidden: 128,
    betaMax: 1,
  },
  both: {
    ...splitMnistGenerative,
    genIterations: 15,
    clsIterations: 15,
    memoryCoefficient: 3,
    vaeHidden: 128,
    vaeDropout: 0.4,
    betaMax: 1,
    ascentSteps: 10,
    clsInterference: 0.1,
    clsEntropy: 1,
    clsDiversity: 1,
    genKl: 0.1,
    genEntropy: 1,
    genDiversity: 1,
  },
  classifier: splitMnistGenerative,
  generator: {
    ...splitMnistGenerative,
    ...noAscent,
    replayBatches: 4,
    memoryCoefficient: 3,
    vaeDepth: 2,
    vaeHidden: 128,
    betaMax: 1,
    betaWarmup: 500,
    ascentSteps: 2,
    genReconstruction: 0.1,
    genKl: 0.1,
  },
  elboGen: {
    ...splitMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    memoryCoefficient: 2,
    vaeHidden: 128,
    betaWarmup: 500,
  },
  elboMir: {
    ...splitMnistGenerative,
    genLearningRate: 0.1,
    genIterations: 20,
    clsIterations: 20,
    betaWarmup: 500,
    ascentSteps: 2,
    clsInterference: 1,
    clsEntropy: 1,
    clsDiversity: 0.1,
    genEntropy: 2,
    genDiversity: 0.1,
    genShell: 1,
  },
} as const satisfies Record<string, GenerativeSettings>;

const permutedMnistTable = {
  gen: {
    ...permutedMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    replayBatches: 4,
    memoryCoefficient: 2,
    betaMax: 0.2,
    betaWarmup: 250,
  },
  classifier: permutedMnistGenerative,
  elboGen: {
    ...permutedMnistGenerative,
    ...noAscent,
    memoryCoefficient: 5,
    vaeLatents: 100,
    vaeDepth: 2,
    vaeHidden: 256,
    betaWarmup: 1_000,
  },
  elboMir: {
    ...permutedMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    vaeDepth: 2,
    betaMax: 0.2,
    ascentSteps: 10,
    genDiversity: 2,
    genShell: 2,
  },
} as const satisfies Record<string, GenerativeSettings>;

function config(scenario: ScenarioName, method: MethodName, settings: GenerativeSettings): RunConfig {
  return { ...scenarioSettings(scenario), ...settings, method };
}

/** The rows of generative replay in Table 1 and Table 5. */
function generativeRows(table: 1 | 5, group: 'Split MNIST' | 'Permuted MNIST'): PaperRow[] {
  const split = (method: MethodName, settings: GenerativeSettings) => config('split-mnist', method, settings);
  const permuted = (method: MethodName, settings: GenerativeSettings) => config('permuted-mnist', method, settings);
  if (table === 1 && group === 'Split MNIST') {
    return [
      paperRow(1, group, split('gen', splitMnistTable.gen), { accuracy: [79.3, 0.6], forgetting: [19.5, 0.8] }),
      paperRow(1, group, split('gen-mir', splitMnistTable.both), { accuracy: [82.1, 0.3], forgetting: [17.0, 0.4] }),
      paperRow(1, group, split('gen-mir', splitMnistTable.classifier), {}, 'classifier'),
      paperRow(1, group, split('gen-mir', splitMnistTable.generator), {}, 'generator'),
    ];
  }
  if (table === 1) {
    return [
      paperRow(1, group, permuted('gen', permutedMnistTable.gen), { accuracy: [79.7, 0.1], forgetting: [5.8, 0.2] }),
      paperRow(1, group, permuted('gen-mir', permutedMnistTable.classifier), {
        accuracy: [80.4, 0.2],
        forgetting: [4.8, 0.2],
      }),
    ];
  }
  if (group === 'Split MNIST') {
    return [
      paperRow(5, group, split('gen', splitMnistTable.elboGen), { negativeElbo: [107.2, null] }),
      paperRow(5, group, split('gen-mir', splitMnistTable.elboMir), { negativeElbo: [102.5, null] }),
    ];
  }
  return [
    paperRow(5, group, permuted('gen', permutedMnistTable.elboGen), { negativeElbo: [196.7, null] }),
    paperRow(5, group, permuted('gen-mir', permutedMnistTable.elboMir), { negativeElbo: [193.7, null] }),
  ];
}

/** Latents of a memory: so many per class, times ten classes. */
const latentsPerClass = [100, 500, 1_000];

/** The points of Figure 4; the paper prints no numbers beside them. */
export const figure4Rows: readonly PaperRow[] = latentsPerClass.flatMap((memoryPerClass) =>
  (['ae-er', 'ae-mir'] as const).map((method) =>
    paperRow(
      'figure-4',
      `${(10 * memoryPerClass).toLocaleString('en')} latents`,
      { ...scenarioSettings('split-cifar10'), memoryPerClass, method },
      {},
    ),
  ),
);

function cifar(
  table: TableId,
  memoryPerClass: number,
  method: MethodName,
  accuracy: number,
  forgetting: number | null,
  change: Partial<Settings> = {},
) {
  const config = presetConfig('split-cifar10', method, { memoryPerClass, ...change });
  return paperRow(table, `M = ${memoryPerClass}`, config, {
    accuracy: [accuracy, null],
    forgetting: forgetting === null ? null : [forgetting, null],
  });
}

const [splitMnistRows, permutedMnistRows] = ['Split MNIST', 'Permuted MNIST'] as const;
const split = (method: MethodName) => presetConfig('split-mnist', method);
const permuted = (method: MethodName) => presetConfig('permuted-mnist', method);
const mini = (method: MethodName) => presetConfig('split-miniimagenet', method);

/** Every row of the paper's tables and of its Figure 4, in the paper's order. */
export const paperRows: readonly PaperRow[] = [
  paperRow(1, splitMnistRows, split('iid-online'), { accuracy: [86.8, 1.1] }),
  paperRow(1, splitMnistRows, split('iid-offline'), { accuracy: [92.3, 0.5] }),
  paperRow(1, splitMnistRows, split('fine-tune'), { accuracy: [19.0, 0.2], forgetting: [97.8, 0.2] }),
  paperRow(1, splitMnistRows, split('gem'), { accuracy: [86.3, 1.4], forgetting: [11.2, 1.2] }),
  paperRow(1, splitMnistRows, split('er'), { accuracy: [82.1, 1.5], forgetting: [15.0, 2.1] }),
  paperRow(1, splitMnistRows, split('er-mir'), { accuracy: [87.6, 0.7], forgetting: [7.0, 0.9] }),
  ...generativeRows(1, splitMnistRows),
  paperRow(1, permutedMnistRows, permuted('iid-online'), { accuracy: [73.8, 1.2] }),
  paperRow(1, permutedMnistRows, permuted('iid-offline'), { accuracy: [86.6, 0.5] }),
  paperRow(1, permutedMnistRows, permuted('fine-tune'), { accuracy: [64.6, 1.7], forgetting: [15.2, 1.9] }),
  paperRow(1, permutedMnistRows, permuted('gem'), { accuracy: [78.8, 0.4], forgetting: [3.1, 0.5] }),
  paperRow(1, permutedMnistRows, permuted('er'), { accuracy: [78.9, 0.6], forgetting: [3.8, 0.6] }),
  paperRow(1, permutedMnistRows, permuted('er-mir'), { accuracy: [80.1, 0.4], forgetting: [3.9, 0.3] }),
  ...generativeRows(1, permutedMnistRows),
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
  ...generativeRows(5, splitMnistRows),
  ...generativeRows(5, permutedMnistRows),
  ...figure4Rows,
];
