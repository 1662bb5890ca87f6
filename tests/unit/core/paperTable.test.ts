import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { presetConfig, runConfigSchema } from '../../../src/core/config.ts';
import {
  paperRows,
  baselineOf,
  type FinishedRun,
  pairedDifference,
  runKey,
  runOf,
  tableLines,
} from '../../../src/core/paperTable.ts';
import { interval, noMetrics, runMetrics } from '../../../src/core/metrics.ts';
import { formatTable } from '../../../src/core/tableFormats.ts';

const rows = paperRows.filter(({ table, group }) => table === 1 && group === 'Split MNIST');
const [er, mir] = ['er', 'er-mir'].map((method) => rows.find(({ config }) => config.method === method) ?? rows[0]);

function store(runs: readonly FinishedRun[]) {
  const byKey = new Map(runs.map((run) => [runKey(run.config), run]));
  return (key: string) => byKey.get(key);
}

const run = (row: typeof er, seed: number, averageAccuracy: number, averageForgetting: number | null): FinishedRun => ({
  config: runOf(row, seed),
  averageAccuracy,
  averageForgetting,
  elboByTask: null,
  metrics: noMetrics,
});

describe('presets', () => {
  it('are valid configurations with the settings of the paper', () => {
    for (const { config } of paperRows) expect(runConfigSchema.parse(config)).toEqual(config);
    expect(new Set(paperRows.map(({ table, config }) => `${table} ${runKey(config)}`)).size).toBe(paperRows.length);
    expect(presetConfig('permuted-mnist', 'er-mir')).toMatchObject({
      learningRate: 0.05,
      candidates: 50,
      retrievalScore: 'mi2',
      iterations: 1,
    });
    expect(presetConfig('split-cifar10', 'er')).toMatchObject({
      learningRate: 0.1,
      samplesPerTask: 9_750,
      retrievalScore: 'mi1',
    });
    expect(presetConfig('permuted-mnist', 'gem').learningRate).toBe(0.2);
    expect(presetConfig('split-cifar10', 'icarl')).toMatchObject({ learningRate: 0.03, iterations: 5 });
    expect(presetConfig('split-miniimagenet', 'er-mir')).toMatchObject({
      candidates: 25,
      budget: 10,
      iterations: 3,
      memoryPerClass: 100,
    });
  });
});

describe('pairedDifference', () => {
  it('compares equal seeds only, and calls a difference clear only if its interval excludes zero', () => {
    const one = new Map([
      [0, 0.9],
      [1, 0.8],
      [2, 0.85],
      [9, 0.1],
    ]);
    const other = new Map([
      [2, 0.81],
      [1, 0.77],
      [0, 0.84],
      [7, 0.99],
    ]);
    expect(pairedDifference(one, other)).toEqual({
      ...interval([0.9 - 0.84, 0.8 - 0.77, 0.85 - 0.81]),
      verdict: 'higher',
    });
    expect(pairedDifference(other, one)?.verdict).toBe('lower');
    expect(
      pairedDifference(
        one,
        new Map([
          [0, 0.95],
          [1, 0.7],
          [2, 0.85],
        ]),
      )?.verdict,
    ).toBe('no clear difference');
    expect(pairedDifference(one, new Map([[0, 0.95]]))?.verdict).toBe('one seed gives no interval');
    expect(pairedDifference(one, new Map([[5, 1]]))).toBeNull();
  });
});

describe('tableLines', () => {
  const runs = [
    run(er, 0, 0.8, 0.2),
    run(er, 1, 0.82, 0.18),
    run(mir, 0, 0.86, 0.1),
    run(mir, 1, 0.89, 0.09),
    run(mir, 2, 0.9, 0.08),
  ];
  const lines = tableLines(rows, [0, 1], store(runs));
  const lineOf = (row: typeof er) => lines.find((line) => line.row === row);

  it('counts the seeds asked for, and leaves rows without runs empty', () => {
    expect(lineOf(mir)?.seeds).toEqual([0, 1]);
    expect(lineOf(mir)?.accuracy).toEqual(interval([0.86, 0.89]));
    expect(lineOf(rows[0])).toMatchObject({ seeds: [], accuracy: null, forgetting: null, difference: null });
  });

  it('puts no figure of the paper beside data that it was not measured on', () => {
    const data = { name: 'Fashion-MNIST from your files', trainingImages: 1, testImages: 1, labels: 0 };
    for (const name of [data.name, 'KMNIST from your files', 'EMNIST digits from your archive', 'EMNIST’s MNIST']) {
      const [other] = tableLines([er], [0], store([{ ...run(er, 0, 0.8, 0.2), data: { ...data, name } }]));
      expect([other.row.accuracy, other.row.forgetting, other.accuracy?.mean]).toEqual([null, null, 0.8]);
    }
    const own = tableLines(
      [er],
      [0],
      store([{ ...run(er, 0, 0.8, 0.2), data: { ...data, name: 'MNIST from your files' } }]),
    );
    expect(own[0].row.accuracy).toEqual(er.accuracy);
  });

  it('compares each row with ER, and ER with nothing', () => {
    expect(lineOf(er)?.difference).toBeNull();
    expect(lineOf(mir)?.difference?.baseline).toBe('ER');
    expect(lineOf(mir)?.difference?.accuracy.mean).toBeCloseTo(0.065, 12);
    expect(lineOf(mir)?.difference?.forgetting?.mean).toBeCloseTo(-0.095, 12);
  });

  it('measures −ELBO at β = 1 and at the final β, against GEN', () => {
    const [gen, genMir] = paperRows.filter(({ table, group }) => table === 5 && group === 'Split MNIST');
    const withElbo = (row: typeof er, seed: number, parts: readonly (readonly [number, number])[]): FinishedRun => ({
      ...run(row, seed, 0.8, 0.1),
      elboByTask: parts.map(([reconstruction, kl]) => ({ total: reconstruction + kl, reconstruction, kl })),
    });
    const found = store([
      withElbo(gen, 0, [
        [90, 20],
        [100, 30],
      ]),
      withElbo(genMir, 0, [
        [80, 25],
        [90, 35],
      ]),
    ]);
    const [genLine, mirLine] = tableLines([gen, genMir], [0], found);
    expect(genLine.negativeElbo?.mean).toBeCloseTo((110 + 130) / 2, 12);
    // Both presets end at β = 0.2.
    expect(genLine.negativeElboAtBeta?.mean).toBeCloseTo((94 + 106) / 2, 12);
    expect(mirLine.difference?.baseline).toBe('GEN');
    expect(mirLine.difference?.negativeElbo?.mean).toBeCloseTo((105 - 110 + 125 - 130) / 2, 12);
    const header = formatTable([genLine, mirLine], 'markdown').split('\n')[0];
    expect(header).toContain('| −ELBO at β = 1, nats | −ELBO at the final β | Paper, at the final β |');
    expect(formatTable([genLine], 'markdown')).toContain('| 120.0 | 100.0 | 107.2 |');
    expect(formatTable([genLine], 'latex')).toContain(String.raw`$-$ELBO at $\beta$ = 1, nats`);
  });

  it('compares MIR with chance of the same kind', () => {
    const baseline = (table: typeof er.table, method: string) => {
      const row = paperRows.find((other) => other.table === table && other.config.method === method);
      return row && baselineOf(paperRows, row)?.label;
    };
    expect(baseline(1, 'gen-mir')).toBe('GEN');
    expect(baseline(1, 'gen')).toBe('ER');
    expect(baseline(5, 'gen')).toBeUndefined();
    expect(baseline('figure-4', 'ae-mir')).toBe('AE-ER');
  });

  it('takes a run for the same whatever the settings are that its method does not heed', () => {
    const key = runKey(runOf(er, 3));
    expect(runKey({ ...runOf(er, 3), vaeHidden: 7, aeEpochs: 1 })).toBe(key);
    expect(runKey({ ...runOf(er, 3), budget: 7 })).not.toBe(key);
    expect(key).not.toMatch(/classOrderSeed|boundaryEvaluations/);
    expect(runKey({ ...runOf(er, 3), boundaryEvaluations: 20 })).toBe(`boundaryEvaluations=20&${key}`);
    expect(runKey({ ...runOf(er, 3), classOrderSeed: 1 })).not.toBe(key);
    // Keys that browsers have stored do not have it.
    expect(key).not.toContain('classOrderSeed');
  });

  it('finds no run whose settings differ in anything', () => {
    const other = { ...runs[0], config: { ...runs[0].config, budget: 11 } };
    expect(tableLines([er], [0], store([other]))[0].seeds).toEqual([]);
  });

  it('has a column for each further measure where runs have them', () => {
    const metrics = runMetrics([[1], [0.5, 0.9]]);
    const [line] = tableLines([er], [0, 1], store([0, 1].map((seed) => ({ ...run(er, seed, 0.7, 0.5), metrics }))));
    const [head, , row] = formatTable([line], 'markdown').split('\n');
    const cells = (text: string) => text.split(' | ').slice(-5);
    expect(cells(head)[2]).toBe('Worst-case accuracy, %');
    // 0.9 / 2 + 0.5 / 2; 0.5 − 1; (1 + 0.9) / 2.
    expect(cells(row).slice(2)).toEqual(['70.0 ± 0.0', '-50.0 ± 0.0', '95.0 ± 0.0 |']);
    expect(formatTable([line], 'spreadsheet')).toContain(';0,95;');
  });

  it('leaves as Markdown, LaTeX, CSV and JSON', () => {
    const markdown = formatTable(lines, 'markdown').split('\n');
    expect(markdown[0]).toMatch(/^\| Group \| Method \| n \| Accuracy, % \| Paper \|/);
    expect(markdown.find((line) => line.includes('ER-MIR'))).toBe(
      '| Split MNIST | ER-MIR | 2 | 87.5 ± 19.1 | 87.6 ± 0.7 | 9.5 ± 6.4 | 7.0 ± 0.9 | +6.5 ± 6.4 | -9.5 ± 6.4 |',
    );
    const latex = formatTable(lines, 'latex');
    expect(latex).toContain(String.raw`Split MNIST & ER-MIR & 2 & 87.5 $\pm$ 19.1 & 87.6 $\pm$ 0.7 &`);
    expect(latex).toContain(String.raw`Accuracy, \%`);
    const { data, errors } = Papa.parse<Record<string, string>>(formatTable(lines, 'csv'), {
      header: true,
      skipEmptyLines: true,
    });
    expect(errors).toEqual([]);
    const mirRow = data.find(({ method }) => method === 'er-mir');
    expect(Number(mirRow?.['accuracy'])).toBe(lineOf(mir)?.accuracy?.mean);
    expect(mirRow).toMatchObject({ n: '2', seeds: '0 1', baseline: 'ER', paperAccuracy: '0.876' });
    expect(JSON.parse(formatTable(lines, 'json'))).toEqual(lines);
  });
});
