import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMnist } from '../../../src/cli/data/mnist.ts';
import { type ResultFile, resultFileSchema } from '../../../src/cli/resultFile.ts';
import { parseTableFile } from '../../../src/cli/tableFile.ts';
import { faultMoments, faultRuns, faultSeedWords } from '../faultRuns.ts';
import { type Outcome, runCommandProcess, startCommand } from './commandProcess.ts';
import { writeSmallMnist } from './smallMnist.ts';

/** How often a run is killed. */
const kills = faultRuns({ short: 2, long: 20 });

const folder = mkdtempSync(join(tmpdir(), 'mir-lab-saved-'));
const data = join(folder, 'data');
const results = mkdtempSync(join(folder, 'results-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(results, name);
const tiny = ['--samples-per-task', '20', '--hidden', '8', '--data', data];
const plain = (name: string, seeds = '12') => [
  ...[...tiny, '--method', 'er,er-mir', '--seeds', seeds],
  ...['--json', path(`${name}.json`), '--csv', path(`${name}.csv`)],
];
const table = (name: string, ...more: string[]) => [
  ...[...tiny, '--table', '1', '--group', 'Split MNIST', '--rows', 'er,er-mir', '--seeds', '6'],
  ...['--json', path(name), ...more],
];

/** Everything but how long it took. */
function saved(name: string): { readonly file: ResultFile; readonly curves: string } {
  const file = resultFileSchema.parse(JSON.parse(readFileSync(path(`${name}.json`), 'utf8')));
  for (const { runs } of 'experiments' in file ? file.experiments : [file]) for (const run of runs) run.seconds = 0;
  return { file, curves: readFileSync(path(`${name}.csv`), 'utf8') };
}

const signals = ['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const besides = (name: string) => readdirSync(results).filter((file) => file.startsWith(name));

let whole: Outcome;
let wholeMilliseconds = 0;
beforeAll(async () => {
  const source = await writeSmallMnist();
  await writeMnist(source, data, false);
  rmSync(source.directory, { recursive: true });
  const begun = performance.now();
  whole = await runCommandProcess('experiment', ...plain('whole'));
  wholeMilliseconds = performance.now() - begun;
  expect(whole.code, whole.stderr).toBe(0);
});

describe('a plain run of many seeds', () => {
  it('ends in the same result when random signals end it at random moments and it is repeated', {
    timeout: 120_000 + 30_000 * kills,
  }, async () => {
    const moment = faultMoments();
    for (let kill = 0; kill < kills; kill++) {
      const { child, ended } = startCommand('experiment', ...plain('killed'));
      await Promise.race([ended, wait((0.2 + 0.8 * moment()) * wholeMilliseconds)]);
      // The first is the one that leaves no time for anything.
      const signal = signals[kill === 0 ? 0 : Math.floor(moment() * signals.length)];
      child.kill(signal);
      const { code, stderr } = await ended;
      // Null before the command listens, and where it is killed.
      expect([null, 0, 130], `${signal} ${faultSeedWords}`).toContain(code);
      if (code === 130) {
        expect(stderr, faultSeedWords).toMatch(/\nStopped\. \d+ of 12 seeds (is|are) kept in .*\n$|^Stopped\. .*\n$/);
        expect(
          besides('killed').filter((name) => !/^killed\.(csv|json)$/.test(name)),
          faultSeedWords,
        ).toEqual([]);
      }
      // Once all of it is there, a signal finds nothing to end.
      if (code === 0) for (const name of besides('killed')) rmSync(path(name));
      for (const name of besides('killed.json').filter((file) => file === 'killed.json'))
        expect(() => resultFileSchema.parse(JSON.parse(readFileSync(path(name), 'utf8')))).not.toThrow();
    }
    const last = await runCommandProcess('experiment', ...plain('killed'));
    expect([last.code, last.stdout], faultSeedWords).toEqual([0, whole.stdout]);
    expect(saved('killed'), faultSeedWords).toEqual(saved('whole'));
    expect(besides('killed'), faultSeedWords).toEqual(['killed.csv', 'killed.json']);
  });

  it('refuses a second process, says on Ctrl-C what is kept, and goes on', async () => {
    const first = startCommand('experiment', ...plain('stopped'));
    expect(await first.reaches(/^seed 0 /)).toBe(true);
    first.child.kill('SIGSTOP');
    const second = await runCommandProcess('experiment', ...plain('stopped'));
    expect([second.code, second.stdout]).toEqual([2, '']);
    expect(second.stderr).toContain(`which process ${first.child.pid} on `);
    first.child.kill('SIGCONT');
    first.child.kill('SIGINT');
    const { code, stdout, stderr } = await first.ended;
    expect([code, stdout]).toEqual([130, '']);
    const kept = /Stopped\. (\d+) of 12 seeds (?:is|are) kept in (.*); the same command goes on from there\.\n$/.exec(
      stderr,
    );
    expect(kept?.[2]).toBe(path('stopped.json'));
    expect(Number(kept?.[1])).toBeGreaterThan(0);
    expect(besides('stopped')).toEqual(['stopped.csv', 'stopped.json']);

    const last = await runCommandProcess('experiment', ...plain('stopped'));
    expect(last.stderr).toContain(`${kept?.[1]} of them already in ${path('stopped.json')}`);
    expect([last.code, last.stdout]).toEqual([0, whole.stdout]);
    expect(saved('stopped')).toEqual(saved('whole'));
  });

  it('prints its table and keeps what was saved when the disk is full in between', async ({ skip }) => {
    try {
      execFileSync('prlimit', ['--version']);
    } catch {
      return skip('prlimit, which stands in for a full disk, is missing');
    }
    const { child, ended, reaches } = startCommand('experiment', ...plain('full'));
    expect(await reaches(/^seed 1 /)).toBe(true);
    execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=1000:']);
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([2, whole.stdout]);
    expect(stderr).toContain('full.json", which cannot be written (EFBIG: no room)');
    const { file, curves } = saved('full');
    const seeds = ('experiments' in file ? file.experiments[0] : file).runs.length;
    expect(seeds).toBeGreaterThanOrEqual(2);
    expect(seeds).toBeLessThan(12);
    expect(saved('whole').curves.startsWith(curves)).toBe(true);
    expect(besides('full')).toEqual(['full.csv', 'full.json']);
  });
});

describe("a table's sweep", () => {
  it('says when it is ended how to go on, and mixes versions and backends only if a person insists', async () => {
    const first = startCommand('experiment', ...table('table.json'));
    expect(await first.reaches(/\(1 of 12\)/)).toBe(true);
    first.child.kill('SIGTERM');
    const { code, stdout, stderr } = await first.ended;
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(
      /Stopped\. \d+ of 12 runs (is|are) kept in .*table\.json; the same command goes on from there\.\n$/,
    );
    expect(besides('table')).toEqual(['table.json']);

    const file = parseTableFile(readFileSync(path('table.json'), 'utf8'));
    const runs = (file?.runs ?? []).map((run) => ({ ...run, version: '0.0.9', backend: 'cpu' as const }));
    const before = JSON.stringify({ ...file, runs });
    writeFileSync(path('table.json'), before);
    const refused = await runCommandProcess('experiment', ...table('table.json'));
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(
      /^this command has version "0\.1\.0", .*table\.json has "0\.0\.9"; .*, or add --allow-mixed\.\n$/,
    );
    expect(readFileSync(path('table.json'), 'utf8')).toBe(before);

    const mixed = await runCommandProcess('experiment', ...table('table.json', '--allow-mixed'));
    expect(mixed.code, mixed.stderr).toBe(0);
    expect(mixed.stdout).toContain('\nMixed: version 0.0.9 and 0.1.0; backend cpu and wasm.\n');
    const after = parseTableFile(readFileSync(path('table.json'), 'utf8'));
    expect(after?.runs.length).toBe(12);
    expect(after?.mixed).toEqual([
      { what: 'version', values: ['0.0.9', '0.1.0'] },
      { what: 'backend', values: ['cpu', 'wasm'] },
    ]);
  });
});
