import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/configFlags.ts';
import { mergeResults, type NamedResult } from '../../../src/cli/tableFile.ts';
import { type ExperimentResult, resultFileOf, type RunRecord, summarise } from '../../../src/cli/resultFile.ts';
import { resultTable } from '../../../src/cli/resultTable.ts';
import { defaultSettings } from '../../../src/core/config.ts';
import type { MethodName } from '../../../src/core/methods.ts';
import { runMetrics } from '../../../src/core/metrics.ts';
import { ProvenanceError } from '../../../src/core/provenance.ts';

function record(seed: number, averageAccuracy: number, averageForgetting: number | null = 0.1): RunRecord {
  return {
    seed,
    accuracyMatrix: [[1], [0.5, averageAccuracy]],
    averageAccuracy,
    averageForgetting,
    negativeElbo: null,
    elboByTask: null,
    confusion: null,
    metrics: runMetrics([[1], [0.5, averageAccuracy]]),
    steps: 500,
    seconds: 2.5,
  };
}

function result(
  method: MethodName,
  runs: RunRecord[],
  changes: Partial<ExperimentResult['config']> = {},
): ExperimentResult {
  const { seed: _seed, ...settings } = defaultSettings;
  return {
    config: { ...settings, method, ...changes },
    backend: 'wasm',
    version: '0.1.0',
    data: null,
    runs,
    summary: summarise(runs),
  };
}

const mark = (trainingImages: number) => ({ name: 'MNIST', trainingImages, testImages: 10_000, labels: 1 });

function named(name: string, ...results: ExperimentResult[]): NamedResult {
  return { name, text: JSON.stringify(resultFileOf(results)) };
}

describe('summarise', () => {
  it('gives mean and half-width of the 95% t-interval', () => {
    // Student's t for 2 degrees of freedom at 0.975 is 4.302653; the standard deviation of these is 0.1.
    const { n, averageAccuracy, averageForgetting, negativeElbo } = summarise([
      record(0, 0.7),
      record(1, 0.8),
      record(2, 0.9),
    ]);
    expect(n).toBe(3);
    expect(averageAccuracy?.mean).toBeCloseTo(0.8, 12);
    expect(averageAccuracy?.halfWidth95).toBeCloseTo((4.302653 * 0.1) / Math.sqrt(3), 6);
    expect(averageForgetting?.mean).toBeCloseTo(0.1, 12);
    expect(negativeElbo).toBeNull();
  });

  it('has no interval for one seed, no forgetting where tasks have no order, and nothing for no seed', () => {
    expect(summarise([record(0, 0.7, null)])).toMatchObject({
      n: 1,
      averageAccuracy: { mean: 0.7, halfWidth95: null },
      averageForgetting: null,
      negativeElbo: null,
    });
    expect(summarise([])).toMatchObject({ n: 0, averageAccuracy: null, averageForgetting: null, negativeElbo: null });
  });
});

describe('a result that is older than the measures', () => {
  it('opens, with what its matrices tell', () => {
    const whole = result('er', [record(0, 0.7), record(1, 0.9)]);
    const older = {
      ...whole,
      runs: whole.runs.map(({ metrics: _metrics, ...run }) => run),
      summary: { n: 2, averageAccuracy: null, averageForgetting: null, negativeElbo: null },
    };
    const joined = mergeResults([{ name: 'old.json', text: JSON.stringify(older) }]);
    expect(joined).toEqual(whole);
    // Plasticity is (1 + 0.7) / 2 and (1 + 0.9) / 2; backward transfer of [[1], [0.5, …]] is −0.5.
    expect(whole.summary.metrics).toMatchObject({
      plasticity: { mean: expect.closeTo(0.9, 12) as number },
      backwardTransfer: { mean: -0.5, halfWidth95: 0 },
      minimumAccuracyBetween: null,
    });
  });
});

describe('mergeResults', () => {
  it('joins methods that differ where each has its own preset, and nothing else', () => {
    const er = named('er.json', result('er', [record(0, 0.8)]));
    const icarl = (changes: Partial<ExperimentResult['config']>, seed = 0) =>
      named('icarl.json', result('icarl', [record(seed, 0.7)], changes));
    expect(mergeResults([er, icarl({ iterations: 5 })])).toMatchObject({ paired: [{ method: 'icarl', n: 1 }] });
    expect(() => mergeResults([er, icarl({ iterations: 4 })])).toThrow(
      'icarl.json has iterations 4, er.json has 1; join only results of one sweep, or add --allow-mixed.',
    );
    expect(() => mergeResults([er, icarl({ iterations: 5, hidden: 8 })])).toThrow('icarl.json has hidden 8');
    expect(() => mergeResults([er, icarl({ iterations: 5 }), icarl({ iterations: 1 }, 1)])).toThrow(
      'icarl.json has iterations 1, icarl.json has 5',
    );
  });

  it('joins shards into what one sweep would have written', () => {
    const whole = result(
      'er',
      [0, 1, 2, 3].map((seed) => record(seed, 0.8 + seed / 100)),
    );
    const merged = mergeResults([
      named('b.json', result('er', [whole.runs[1], whole.runs[3]])),
      named('a.json', result('er', [whole.runs[0], whole.runs[2]])),
    ]);
    expect(merged).toEqual(whole);
  });

  it('joins methods and pairs them seed by seed, over the seeds that both have', () => {
    const er = result('er', [record(0, 0.7), record(1, 0.8), record(2, 0.9)]);
    const mir = result('er-mir', [record(1, 0.83, 0.05), record(2, 0.95, 0.04), record(7, 0.2)]);
    const merged = mergeResults([named('er.json', er), named('mir.json', mir)]);
    if (!('experiments' in merged)) throw new Error('expected several experiments');
    expect(merged.experiments).toEqual([er, mir]);
    const [pair] = merged.paired;
    expect(pair).toMatchObject({ method: 'er-mir', against: 'er', n: 2 });
    // Differences 0.03 and 0.05: mean 0.04, s = 0.01·√2, t(1) = 12.706205.
    expect(pair.averageAccuracy?.mean).toBeCloseTo(0.04, 12);
    expect(pair.averageAccuracy?.halfWidth95).toBeCloseTo(12.706205 * 0.01, 6);
    expect(pair.averageForgetting?.mean).toBeCloseTo(-0.055, 12);
  });

  it('refuses text of far more or far deeper lists than results have before it is parsed', () => {
    for (const text of [`[${'{},'.repeat(1_000_000)}{}]`, '['.repeat(60)])
      expect(() => mergeResults([{ name: 'a.json', text }])).toThrow(
        'a.json is not a result of MIR Lab (it has far more lists or objects than results have); give files',
      );
    expect(() => mergeResults([{ name: 'a.json', text: '[[1,' }])).toThrow('a.json is not JSON (');
  });

  it('joins files that hold several methods', () => {
    const shard = (seed: number) =>
      named(`${seed}.json`, result('er', [record(seed, 0.8)]), result('er-mir', [record(seed, 0.85)]));
    expect(mergeResults([shard(0), shard(1)])).toMatchObject({ paired: [{ method: 'er-mir', against: 'er', n: 2 }] });
  });

  it('takes a run once that several files have', () => {
    const both = result('er', [record(0, 0.7), record(1, 0.8)]);
    expect(mergeResults([named('a.json', both), named('b.json', result('er', [record(1, 0.8)]))])).toEqual(both);
  });

  it('says what it mixes if a person insists, and each run where it comes from', () => {
    const parts = [
      named('a.json', { ...result('er', [record(0, 0.7)]), data: mark(60_000) }),
      named('b.json', { ...result('er', [record(1, 0.8)]), data: mark(60_000), backend: 'cpu', version: '0.0.9' }),
    ];
    const merged = mergeResults(parts, true);
    if ('experiments' in merged) throw new Error('expected one experiment');
    expect(merged).toMatchObject({ backend: 'wasm, cpu', version: '0.1.0, 0.0.9', data: null, summary: { n: 2 } });
    expect(merged.mixed).toEqual([
      { what: 'version', values: ['0.1.0', '0.0.9'] },
      { what: 'backend', values: ['wasm', 'cpu'] },
    ]);
    expect(merged.runs.map(({ from }) => from)).toEqual([
      { version: '0.1.0', backend: 'wasm', data: mark(60_000) },
      { version: '0.0.9', backend: 'cpu', data: mark(60_000) },
    ]);
    expect(resultTable(merged)).toContain('\nMixed: version 0.1.0 and 0.0.9; backend wasm and cpu.');
    // It stays mixed when it is joined again.
    const again = [
      named('ab.json', merged),
      named('c.json', { ...result('er', [record(2, 0.9)]), data: mark(60_000) }),
    ];
    expect(() => mergeResults(again)).toThrow('ab.json has version "0.0.9", ab.json has "0.1.0"');
    expect(mergeResults(again, true)).toMatchObject({ mixed: merged.mixed, summary: { n: 3 } });
  });

  it.each([
    ['no file', [], 'No file is named'],
    ['no JSON', [{ name: 'a.json', text: '{"config":' }], 'a.json is not JSON'],
    ['foreign JSON', [{ name: 'a.json', text: '{"hello":1}' }], 'a.json is not a result of MIR Lab'],
    ['null', [{ name: 'a.json', text: 'null' }], 'a.json is not a result of MIR Lab'],
    [
      'an accuracy above 1',
      [{ name: 'a.json', text: JSON.stringify({ ...result('er', []), runs: [record(0, 1.2)] }) }],
      'a.json is not a result of MIR Lab',
    ],
    [
      'other settings',
      [
        named('a.json', result('er', [record(0, 0.8)])),
        named('b.json', result('er', [record(1, 0.8)], { memoryPerClass: 20 })),
      ],
      'b.json has memoryPerClass 20, a.json has 50; join only results of one sweep.',
    ],
    [
      'another backend',
      [
        named('a.json', result('er', [record(0, 0.8)])),
        named('b.json', { ...result('er', [record(1, 0.8)]), backend: 'cpu' }),
      ],
      'b.json has backend "cpu", a.json has "wasm"',
    ],
    [
      'a seed with two outcomes',
      [named('a.json', result('er', [record(3, 0.8)])), named('b.json', result('er', [record(3, 0.81)]))],
      'b.json has averageAccuracy 0.81 for seed 3 of er, a.json has 0.8; the same run cannot end in two ways',
    ],
    [
      'another version',
      [
        named('a.json', result('er', [record(0, 0.8)])),
        named('b.json', { ...result('er', [record(0, 0.8)]), version: '0.0.9' }),
      ],
      'b.json has version "0.0.9", a.json has "0.1.0"; join only results of one sweep, or add --allow-mixed.',
    ],
    [
      'other data',
      [
        named('a.json', { ...result('er', [record(0, 0.8)]), data: mark(60_000) }),
        named('b.json', { ...result('er', [record(1, 0.8)]), data: mark(59_999) }),
      ],
      'b.json has data MNIST, 59,999 training',
    ],
  ])('refuses %s', (_what, files, message) => {
    expect(() => mergeResults(files)).toThrow(
      expect.toSatisfy((error) => error instanceof UsageError || error instanceof ProvenanceError),
    );
    expect(() => mergeResults(files)).toThrow(message);
  });
});
