import { type MethodName, type RunConfig, type ScenarioName, scenarioSettings } from './config.ts';
import { type GenerativeSettings, noAscent, permutedMnistGenerative, splitMnistGenerative } from './generativeSettings.ts';
import { type PaperRow, paperRow } from './paperRow.ts';

/** The authors' settings of each row, found by their search over random ones (paper, appendix). */
const splitMnist = {
  gen: { ...splitMnistGenerative, ...noAscent, genIterations: 15, clsIterations: 15, replayBatches: 4, memoryCoefficient: 3, vaeDepth: 2, vaeHidden: 128, betaMax: 1 },
  both: {
    ...splitMnistGenerative, genIterations: 15, clsIterations: 15, memoryCoefficient: 3, vaeHidden: 128, vaeDropout: 0.4, betaMax: 1,
    ascentSteps: 10, clsInterference: 0.1, clsEntropy: 1, clsDiversity: 1, genKl: 0.1, genEntropy: 1, genDiversity: 1,
  },
  classifier: splitMnistGenerative,
  generator: {
    ...splitMnistGenerative, ...noAscent, replayBatches: 4, memoryCoefficient: 3, vaeDepth: 2, vaeHidden: 128, betaMax: 1, betaWarmup: 500,
    ascentSteps: 2, genReconstruction: 0.1, genKl: 0.1,
  },
  elboGen: { ...splitMnistGenerative, ...noAscent, genIterations: 15, clsIterations: 15, memoryCoefficient: 2, vaeHidden: 128, betaWarmup: 500 },
  elboMir: {
    ...splitMnistGenerative, genLearningRate: 0.1, genIterations: 20, clsIterations: 20, betaWarmup: 500,
    ascentSteps: 2, clsInterference: 1, clsEntropy: 1, clsDiversity: 0.1, genEntropy: 2, genDiversity: 0.1, genShell: 1,
  },
} as const satisfies Record<string, GenerativeSettings>;

const permutedMnist = {
  gen: { ...permutedMnistGenerative, ...noAscent, genIterations: 15, clsIterations: 15, replayBatches: 4, memoryCoefficient: 2, betaMax: 0.2, betaWarmup: 250 },
  classifier: permutedMnistGenerative,
  elboGen: { ...permutedMnistGenerative, ...noAscent, memoryCoefficient: 5, vaeLatents: 100, vaeDepth: 2, vaeHidden: 256, betaWarmup: 1_000 },
  elboMir: {
    ...permutedMnistGenerative, ...noAscent, genIterations: 15, clsIterations: 15, vaeDepth: 2, betaMax: 0.2,
    ascentSteps: 10, genDiversity: 2, genShell: 2,
  },
} as const satisfies Record<string, GenerativeSettings>;

function config(scenario: ScenarioName, method: MethodName, settings: GenerativeSettings): RunConfig {
  return { ...scenarioSettings(scenario), ...settings, method };
}

/** The rows of generative replay in Table 1 and Table 5. */
export function generativeRows(table: 1 | 5, group: 'Split MNIST' | 'Permuted MNIST'): PaperRow[] {
  const split = (method: MethodName, settings: GenerativeSettings) => config('split-mnist', method, settings);
  const permuted = (method: MethodName, settings: GenerativeSettings) => config('permuted-mnist', method, settings);
  if (table === 1 && group === 'Split MNIST') {
    return [
      paperRow(1, group, split('gen', splitMnist.gen), { accuracy: [79.3, 0.6], forgetting: [19.5, 0.8] }),
      paperRow(1, group, split('gen-mir', splitMnist.both), { accuracy: [82.1, 0.3], forgetting: [17.0, 0.4] }),
      paperRow(1, group, split('gen-mir', splitMnist.classifier), {}, 'classifier'),
      paperRow(1, group, split('gen-mir', splitMnist.generator), {}, 'generator'),
    ];
  }
  if (table === 1) {
    return [
      paperRow(1, group, permuted('gen', permutedMnist.gen), { accuracy: [79.7, 0.1], forgetting: [5.8, 0.2] }),
      paperRow(1, group, permuted('gen-mir', permutedMnist.classifier), { accuracy: [80.4, 0.2], forgetting: [4.8, 0.2] }),
    ];
  }
  if (group === 'Split MNIST') {
    return [
      paperRow(5, group, split('gen', splitMnist.elboGen), { negativeElbo: [107.2, null] }),
      paperRow(5, group, split('gen-mir', splitMnist.elboMir), { negativeElbo: [102.5, null] }),
    ];
  }
  return [
    paperRow(5, group, permuted('gen', permutedMnist.elboGen), { negativeElbo: [196.7, null] }),
    paperRow(5, group, permuted('gen-mir', permutedMnist.elboMir), { negativeElbo: [193.7, null] }),
  ];
}

/** Latents of a memory: so many per class, times ten classes. */
const latentsPerClass = [100, 500, 1_000];

/** The points of Figure 4; the paper prints no numbers beside them. */
export const figure4Rows: readonly PaperRow[] = latentsPerClass.flatMap((memoryPerClass) =>
  (['ae-er', 'ae-mir'] as const).map((method) =>
    paperRow('figure-4', `${(10 * memoryPerClass).toLocaleString('en')} latents`, { ...scenarioSettings('split-cifar10'), memoryPerClass, method }, {}),
  ),
);
