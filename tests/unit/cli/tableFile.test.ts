import { describe, expect, it } from 'vitest';
import {
  continuedTableFile,
  mergeTableFiles,
  parseTableFile,
  rowsFound,
  type TableFile,
  tableFileText,
} from '../../../src/cli/tableFile.ts';
import { laterFields } from '../../../src/core/replaySettings.ts';
import { paperRows, runOf } from '../../../src/core/paperTable.ts';
import { noMetrics } from '../../../src/core/metrics.ts';

const row = paperRows[0];
const runWith = (seed: number, averageAccuracy: number): TableFile['runs'][number] => ({
  config: runOf(row, seed),
  backend: 'wasm',
  version: '0.1.0',
  data: null,
  seconds: 1.5,
  steps: 500,
  accuracyMatrix: [[0.5, 1]],
  averageAccuracy,
  averageForgetting: null,
  negativeElbo: null,
  elboByTask: null,
  confusion: null,
  metrics: noMetrics,
  curve: [{ step: 10, task: 1, set: 'subset', averageAccuracy: 0.5, averageForgetting: null, negativeElbo: null }],
});
const fileWith = (seeds: readonly number[], failed: readonly number[] = []): TableFile => ({
  table: 1,
  runs: seeds.map((seed) => runWith(seed, 0.8)),
  failures: failed.map((seed) => ({ config: runOf(row, seed), reason: 'The loss is not a finite number.' })),
});

describe('a table file', () => {
  it('comes back as it was saved', () => {
    const text = tableFileText(fileWith([0, 1], [2]));
    expect(continuedTableFile('a.json', text, 1)).toEqual(fileWith([0, 1], [2]));
  });

  it('begins empty, and is never taken for another table or something else', () => {
    expect(continuedTableFile('a.json', null, 3)).toEqual({ table: 3, runs: [], failures: [] });
    expect(() => continuedTableFile('a.json', tableFileText(fileWith([0])), 2)).toThrow(
      '--json is "a.json", which holds Table 1, not Table 2; name another file, or add --overwrite.',
    );
    expect(() => continuedTableFile('a.json', '{"runs": 3', 1)).toThrow(
      '--json is "a.json", which exists and is not the result of a table; name another file, or add --overwrite.',
    );
  });

  it('is refused if a number in it cannot be', () => {
    const text = JSON.stringify({ ...fileWith([]), runs: [runWith(0, 1.2)] });
    expect(parseTableFile(text)).toBeNull();
    expect(parseTableFile(JSON.stringify(fileWith([0])))).toEqual(fileWith([0]));
  });

  it('tells the variants of a method apart, also where a sweep changed a setting of all of them', () => {
    const mirRows = paperRows.filter(
      ({ table, group, config }) => table === 1 && group === 'Split MNIST' && config.method === 'gen-mir',
    );
    expect(mirRows.map(({ variant }) => variant)).toEqual(['', 'classifier', 'generator']);
    const runs = [mirRows[2], mirRows[1]].map((variant) => ({
      ...runWith(0, 0.8),
      config: { ...runOf(variant, 0), samplesPerTask: 20 },
    }));
    const found = rowsFound({ table: 1, runs, failures: [] });
    expect(found.map(({ variant, config }) => [variant, config.samplesPerTask])).toEqual([
      ['classifier', 20],
      ['generator', 20],
    ]);
  });

  it('opens what was written before there was generative replay', () => {
    const { elboByTask: _elbo, confusion: _confusion, curve, config, ...old } = runWith(0, 0.8);
    const oldConfig = Object.fromEntries(Object.entries(config).filter(([name]) => !Object.hasOwn(laterFields, name)));
    const oldCurve = curve.map(({ negativeElbo: _, ...point }) => point);
    const text = JSON.stringify({ ...fileWith([]), runs: [{ ...old, config: oldConfig, curve: oldCurve }] });
    expect(parseTableFile(text)).toEqual(fileWith([0]));
  });

  it('joins shards: every run once, failures only where no part has the run', () => {
    const merged = mergeTableFiles([
      { name: 'a', file: fileWith([0, 2], [1, 7]) },
      { name: 'b', file: fileWith([1, 2]) },
    ]);
    expect(merged.runs.map(({ config }) => config.seed)).toEqual([0, 2, 1]);
    expect(merged.failures.map(({ config }) => config.seed)).toEqual([7]);
    expect(() =>
      mergeTableFiles([
        { name: 'a', file: fileWith([0]) },
        { name: 'b', file: { ...fileWith([1]), table: 4 } },
      ]),
    ).toThrow('b holds Table 4, a holds Table 1; join only results of one sweep.');
  });

  it('does not join what does not belong together, and names what it mixes if a person insists', () => {
    const join = (change: (run: TableFile['runs'][number]) => Partial<TableFile['runs'][number]>, insists = false) =>
      mergeTableFiles(
        [
          { name: 'a', file: fileWith([0]) },
          {
            name: 'b',
            file: {
              ...fileWith([]),
              runs: [1].map((seed) => ({ ...runWith(seed, 0.8), ...change(runWith(seed, 0.8)) })),
            },
          },
        ],
        insists,
      );
    expect(() => join(() => ({ version: '0.0.9' }))).toThrow(
      'b has version "0.0.9", a has "0.1.0"; join only results of one sweep, or add --allow-mixed.',
    );
    expect(() => join(() => ({ backend: 'cpu' }))).toThrow('b has backend "cpu", a has "wasm"');
    expect(join(() => ({ backend: 'cpu' }), true).mixed).toEqual([{ what: 'backend', values: ['wasm', 'cpu'] }]);
    for (const insists of [false, true])
      expect(() => join(({ config }) => ({ config: { ...config, samplesPerTask: 20 } }), insists)).toThrow(
        'b has samplesPerTask 20, a has 1000; join only results of one sweep.',
      );
    // The same run with another outcome.
    expect(() => join(({ config }) => ({ config: { ...config, seed: 0 }, averageAccuracy: 0.81 }), true)).toThrow(
      'b has averageAccuracy 0.81 for seed 0 of iid-online on split-mnist, M = 50, a has 0.8; the same run cannot end in two ways',
    );
    expect(join(({ config }) => ({ config: { ...config, seed: 0 } })).runs).toEqual(fileWith([0]).runs);
  });

  it('finds its rows where a sweep changed their memory', () => {
    const runs = [{ ...runWith(0, 0.8), config: { ...runOf(row, 0), memoryPerClass: 7 } }];
    expect(
      rowsFound({ table: 1, runs, failures: [] }).map(({ label, config }) => [label, config.memoryPerClass]),
    ).toEqual([[row.label, 7]]);
  });
});
