import { describe, expect, it } from 'vitest';
import { defaultExperiment, type ExperimentConfig, laneConfigs } from '../../../../src/core/config.ts';
import type { MethodName } from '../../../../src/core/methods.ts';
import { planOf } from '../../../../src/state/runs/seedsStore.ts';
import { configWords, seedsVerdict } from '../../../../src/ui/top/Runs.tsx';
import { finishedRun } from '../../state/finishedRun.ts';

const lane = (method: MethodName, accuracies: readonly number[]) =>
  accuracies.map((averageAccuracy, seed) => finishedRun({ method, seed }, { averageAccuracy }));

describe('the verdict of several seeds', () => {
  it('pairs by seed, and gives the interval of the difference', () => {
    // Differences 0.03, 0.05, 0.04: mean 0.04, s = 0.01, t(0.975, 2) = 4.303, half-width 4.303 × 0.01 / √3 = 0.0248.
    const lanes = [lane('er', [0.8, 0.7, 0.9]), lane('er-mir', [0.83, 0.75, 0.94])];
    expect(seedsVerdict(lanes)).toBe('ER-MIR is 4.0 ± 2.5 points above ER, 3 seeds.');
  });

  it('names every lane, and says where there is no clear difference', () => {
    const lanes = [lane('fine-tune', [0.19, 0.2]), lane('er', [0.8, 0.9]), lane('er-mir', [0.9, 0.82])];
    expect(seedsVerdict(lanes)).toBe(
      'ER-MIR is 66.5 ± 57.2 points above Fine-tune, 2 seeds. And no clear difference between ER-MIR and ER: 1.0 ± 114.4 points, 2 seeds. More seeds may tell.',
    );
  });

  it('waits for two seeds of two lanes that differ', () => {
    expect(seedsVerdict([lane('er', [0.8]), lane('er-mir', [0.9])])).toBeNull();
    const er = lane('er', [0.8, 0.9]);
    expect(seedsVerdict([er, er])).toBeNull();
  });
});

describe('the way on to Experiments', () => {
  const seeds = { first: 3, last: 7 };

  it('finds the rows that the lab has run', () => {
    expect(planOf(laneConfigs({ ...defaultExperiment, hidden: 32 }), seeds)).toMatchObject({
      table: 1,
      rows: defaultExperiment.lanes.map((method) => `split-mnist.${method}`),
      seeds,
      changes: { hidden: 32, samplesPerTask: null },
    });
  });

  it('is closed where no table has these settings', () => {
    expect(planOf(laneConfigs({ ...defaultExperiment, budget: 3 }), seeds)).toBeNull();
  });
});

it('a kept run says what it learnt from', () => {
  const config: ExperimentConfig = { scenario: 'split-mnist', seed: 3, lanes: ['er'], hidden: 32 };
  expect(configWords({ config, dataName: 'KMNIST' })).toMatch(/^Split KMNIST, seed 3 · /);
  expect(configWords({ config })).toMatch(/^Split MNIST, seed 3 · /);
});
