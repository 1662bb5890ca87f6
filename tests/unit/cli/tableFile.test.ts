import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  mergeTableFiles,
  openTableFile,
  parseTableFile,
  rowsFound,
  saveTableFile,
  type TableFile,
} from '../../../src/cli/tableFile.ts';
import { generativeFields, hybridFields } from '../../../src/core/replaySettings.ts';
import { paperRows } from '../../../src/core/paperRow.ts';
import { runOf } from '../../../src/core/paperTable.ts';

const row = paperRows[0];
const runWith = (seed: number, averageAccuracy: number): TableFile['runs'][number] => ({
  config: runOf(row, seed),
  backend: 'wasm',
  version: '0.1.0',
  seconds: 1.5,
  steps: 500,
  accuracyMatrix: [[0.5, 1]],
  averageAccuracy,
  averageForgetting: null,
  negativeElbo: null,
  elboByTask: null,
  confusion: null,
  curve: [{ step: 10, task: 1, set: 'subset', averageAccuracy: 0.5, averageForgetting: null, negativeElbo: null }],
});
const fileWith = (seeds: readonly number[], failed: readonly number[] = []): TableFile => ({
  table: 1,
  runs: seeds.map((seed) => runWith(seed, 0.8)),
  failures: failed.map((seed) => ({ config: runOf(row, seed), reason: 'The loss is not a finite number.' })),
});
const folder = () => mkdtempSync(join(tmpdir(), 'mir-lab-table-'));

describe('a table file', () => {
  it('comes back as it was saved, with nothing left beside it', () => {
    const directory = folder();
    const path = join(directory, 'table1.json');
    saveTableFile(path, fileWith([0, 1], [2]));
    expect(openTableFile(path, 1)).toEqual(fileWith([0, 1], [2]));
    expect(readdirSync(directory)).toEqual(['table1.json']);
  });

  it('begins empty, and is never taken for another table or overwritten if it is something else', () => {
    const path = join(folder(), 'x.json');
    expect(openTableFile(path, 3)).toEqual({ table: 3, runs: [], failures: [] });
    saveTableFile(path, fileWith([0]));
    expect(() => openTableFile(path, 2)).toThrow('which holds Table 1, not Table 2; name another file.');
    writeFileSync(path, '{"runs": 3');
    expect(() => openTableFile(path, 1)).toThrow('which exists and is not the result of a table; name another file.');
    expect(readFileSync(path, 'utf8')).toBe('{"runs": 3');
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
    const later = { ...generativeFields, ...hybridFields };
    const oldConfig = Object.fromEntries(Object.entries(config).filter(([name]) => !Object.hasOwn(later, name)));
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
});
