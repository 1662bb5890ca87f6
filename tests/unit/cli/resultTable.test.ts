import { describe, expect, it } from 'vitest';
import { type ExperimentResult, resultFileOf, type RunRecord, summarise } from '../../../src/cli/resultFile.ts';
import { formatEstimate, resultTable } from '../../../src/cli/resultTable.ts';
import { defaultSettings, presetConfig } from '../../../src/core/config.ts';
import type { MethodName } from '../../../src/core/methods.ts';
import { runMetrics } from '../../../src/core/metrics.ts';

function result(method: MethodName, accuracies: number[], forgetting: number | null): ExperimentResult {
  const { seed: _seed, ...settings } = defaultSettings;
  const runs = accuracies.map(
    (averageAccuracy, seed): RunRecord => ({
      seed,
      accuracyMatrix: [[averageAccuracy]],
      averageAccuracy,
      averageForgetting: forgetting,
      negativeElbo: null,
      elboByTask: null,
      confusion: null,
      metrics: runMetrics([[averageAccuracy]]),
      steps: 500,
      seconds: 1,
    }),
  );
  return {
    config: { ...settings, method },
    backend: 'wasm',
    version: '0.1.0',
    data: null,
    runs,
    summary: summarise(runs),
  };
}

describe('formatEstimate', () => {
  it('writes percent with one decimal, spread and n', () => {
    expect(formatEstimate({ mean: 0.87349, halfWidth95: 0.02049 }, 10)).toBe('87.3 ± 2.0 %, n = 10');
    expect(formatEstimate({ mean: 0.8, halfWidth95: null }, 1)).toBe('80.0 %, n = 1');
    expect(formatEstimate(null, 3)).toBe('–');
  });
});

describe('resultTable', () => {
  it('shows settings, every seed and the mean', () => {
    const lines = resultTable(resultFileOf([result('iid-online', [0.86, 0.88], null)])).split('\n');
    expect(lines[0]).toContain(
      'split-mnist on wasm, MIR Lab 0.1.0; samplesPerTask 1000, hidden 400, filters 20, learningRate 0.1',
    );
    expect(lines.slice(2)).toEqual([
      'method                    average accuracy   average forgetting',
      'iid-online   seed 0                 86.0 %                    –',
      'iid-online   seed 1                 88.0 %                    –',
      'iid-online     mean   87.0 ± 12.7 %, n = 2                    –',
      '',
      'at the ends of tasks   average anytime accuracy   minimum accuracy    worst-case accuracy   backward transfer             plasticity',
      'iid-online                 87.0 ± 12.7 %, n = 2                  –   87.0 ± 12.7 %, n = 2                   –   87.0 ± 12.7 %, n = 2',
      '',
      'mean ± half-width of the 95% t-interval over seeds',
    ]);
  });

  it('names beside each method what it has of its own, and nothing that none of them heeds', () => {
    const shown = (...methods: MethodName[]) => {
      const results = methods.map((method) => {
        const { seed: _seed, ...config } = presetConfig('split-mnist', method);
        return { ...result(method, [0.8], 0.1), config };
      });
      return resultTable(resultFileOf(results)).split('\n');
    };
    const lines = shown('er', 'icarl');
    expect(lines[0]).toContain('learningRate 0.1, memoryPerClass 50');
    expect(lines.slice(1, 4)).toEqual(['er: iterations 1', 'icarl: iterations 5', '']);
    const decoders = shown('gen', 'gen-mir');
    expect(decoders[0]).not.toMatch(/budget|iterations 1,/);
    expect(decoders.slice(1, 4)).toEqual([
      'gen: replayBatches 4, vaeDepth 2, vaeDropout 0',
      'gen-mir: replayBatches 10, vaeDepth 1, vaeDropout 0.4',
      '',
    ]);
  });

  it('says whether a paired difference is more than chance', () => {
    const table = resultTable(
      resultFileOf([
        result('er', [0.8, 0.82, 0.84], 0.1),
        result('er-mir', [0.85, 0.871, 0.889], 0.1),
        result('fine-tune', [0.9, 0.7, 0.88], 0.1),
      ]),
    );
    expect(table).toContain(
      'er-mir − er, paired, average accuracy: +5.0 ± 0.2 points, n = 3 (the interval excludes zero)',
    );
    expect(table).toContain(
      'fine-tune − er, paired, average accuracy: +0.7 ± 28.3 points, n = 3 (no clear difference)',
    );
    expect(table).toContain('er-mir − er, paired, average forgetting: 0.0 ± 0.0 points, n = 3 (no clear difference)');
  });
});
