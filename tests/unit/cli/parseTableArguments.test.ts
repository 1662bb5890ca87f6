import { describe, expect, it } from 'vitest';
import { parseExperimentArguments, parseTableArguments } from '../../../src/cli/experimentArguments.ts';
import { paperRows } from '../../../src/core/paperTable.ts';

const parse = (flags: Record<string, string>) => parseTableArguments(new Map(Object.entries(flags)));

describe('parseTableArguments', () => {
  it('takes every row of a table by default, with one seed, as Markdown', () => {
    const command = parse({ table: '1' });
    expect(command).toMatchObject({
      table: 1,
      seeds: [0],
      shard: '1/1',
      backend: 'wasm',
      format: 'markdown',
      json: null,
    });
    expect(command.rows).toEqual(paperRows.filter(({ table }) => table === 1));
  });

  it('narrows to methods and a group, and puts given settings into every row', () => {
    const { rows } = parse({
      table: '2',
      rows: 'er, er-mir',
      group: 'M = 100',
      'samples-per-task': '500',
      filters: '4',
    });
    expect(rows.map(({ config }) => config.method)).toEqual(['er', 'er-mir']);
    for (const { config } of rows)
      expect(config).toMatchObject({ samplesPerTask: 500, filters: 4, memoryPerClass: 100, learningRate: 0.1 });
  });

  it('shuffles the classes of split streams alone, and then shows none of the paper’s figures beside them', () => {
    const { rows } = parse({ table: '1', rows: 'er,er-mir', 'class-order-seed': '3' });
    expect(rows.map(({ group, config, accuracy }) => [group, config.classOrderSeed, accuracy?.mean ?? null])).toEqual([
      ['Split MNIST', 3, null],
      ['Split MNIST', 3, null],
      ['Permuted MNIST', 'off', 78.9],
      ['Permuted MNIST', 'off', 80.1],
    ]);
    expect(rows[0].forgetting).toBeNull();
    const [plain] = parse({ table: '1', rows: 'er', 'class-order-seed': 'off' }).rows;
    expect([plain.config.classOrderSeed, plain.accuracy?.mean]).toEqual(['off', 82.1]);
    expect(() => parseExperimentArguments(['--scenario', 'permuted-mnist', '--class-order-seed', '3'])).toThrow(
      '--class-order-seed is "3", but permuted-mnist brings every class in every task; leave it out there.',
    );
  });

  it.each([
    [{ table: '9' }, '--table is "9"; allowed is one of 1, 2, 3, 4, 5, figure-4.'],
    [
      { table: '1', rows: 'er,magic' },
      '--rows is "magic"; allowed is one of iid-online, iid-offline, fine-tune, gem, er, er-mir, gen, gen-mir.',
    ],
    [{ table: '2', group: 'M = 7' }, '--group is "M = 7"; allowed is one of M = 100, M = 20, M = 50.'],
    [{ table: '1', format: 'pdf' }, '--format is "pdf"; allowed is one of csv, spreadsheet, json, markdown, latex.'],
    [{ table: '1', method: 'er' }, '--method does not go with --table; use --rows, --group, --seeds and --format.'],
    [{ table: '1', budget: '0' }, '--budget is "0"; allowed is a whole number from 1 to 100.'],
  ])('refuses %j with a sentence', (flags, message) => {
    expect(() => parse(flags)).toThrow(message);
  });

  it('says that a table’s flag needs a table', () => {
    expect(() => parseExperimentArguments(['--rows', 'er'])).toThrow(
      '--rows goes with --table only; add --table 1, or leave it out.',
    );
  });

  it('is of no concern to runs: each of their methods has its scenario’s settings and its own', () => {
    const runs = parseExperimentArguments(['--scenario', 'split-cifar10', '--method', 'icarl,er']);
    expect(runs).toMatchObject({
      lanes: [
        { method: 'icarl', iterations: 5, learningRate: 0.03, samplesPerTask: 9_750 },
        { method: 'er', iterations: 1, learningRate: 0.1, samplesPerTask: 9_750 },
      ],
    });
  });
});
