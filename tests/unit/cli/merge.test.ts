import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { experimentOf, experimentResultSchema, type OriginRecord } from '../../../src/cli/resultFile.ts';
import { noMetrics } from '../../../src/core/metrics.ts';
import { presetConfig } from '../../../src/core/config.ts';
import { mountSmallDisk, runCommandProcess, runInShell, setReadOnly } from './commandProcess.ts';

const folder = mkdtempSync(join(tmpdir(), 'mir-lab-merge-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = presetConfig('split-mnist', 'er');
const origin = { version: '0.1.0', backend: 'wasm', data: null };

/** Writes a result with these seeds. */
function written(name: string, ...seeds: readonly number[]): string {
  const records = seeds.map((seed): OriginRecord => {
    const run = { seed, accuracyMatrix: [[0.5]], averageAccuracy: 0.5, averageForgetting: 0, negativeElbo: null };
    return {
      ...origin,
      config,
      record: { ...run, elboByTask: null, confusion: null, metrics: noMetrics, steps: 1, seconds: 1 },
    };
  });
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(experimentOf(config, records, origin)));
  return path;
}

describe('npm run merge', () => {
  it('replaces a result only if nothing is lost by that, unless a person insists', async () => {
    const [a, b, all] = [written('a.json', 0), written('b.json', 1), written('all.json', 0, 7)];
    const before = readFileSync(all, 'utf8');
    expect(await runCommandProcess('merge', a, b, '--json', all)).toEqual({
      code: 2,
      stdout: '',
      stderr: `--json is "${all}", which holds 1 run that the named files do not have; name it as well, name another file, or add --overwrite.\n`,
    });
    expect(readFileSync(all, 'utf8')).toBe(before);

    const joined = await runCommandProcess('merge', a, b, all, '--json', all);
    expect([joined.code, joined.stderr]).toEqual([0, '']);
    expect(joined.stdout).toContain('n = 3');
    const { runs } = experimentResultSchema.parse(JSON.parse(readFileSync(all, 'utf8')));
    expect(runs.map(({ seed }) => seed)).toEqual([0, 1, 7]);
    expect(readdirSync(folder).toSorted()).toEqual(['a.json', 'all.json', 'b.json']);
  });

  it('leaves a result as it was where it cannot be replaced: on a full disk, and on a read-only one', async ({
    skip,
  }) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    if (!mountSmallDisk(disk)) return skip('only root may mount a small disk');
    try {
      const [a, b] = [written('a.json', 0), written('b.json', 1)];
      const joined = join(disk, 'joined.json');
      writeFileSync(joined, readFileSync(a));
      writeFileSync(join(disk, 'filling'), new Uint8Array(57_000));
      for (const reason of ['ENOSPC: no room; about 3 kB are needed', 'EROFS']) {
        const { code, stdout, stderr } = await runCommandProcess('merge', a, b, '--json', joined);
        expect([code, stdout, stderr]).toEqual([
          2,
          '',
          `--json is "${joined}", which cannot be written (${reason}); name a file in a folder that exists, has room, and that you may write to.\n`,
        ]);
        expect(readFileSync(joined, 'utf8')).toBe(readFileSync(a, 'utf8'));
        expect(readdirSync(disk).toSorted()).toEqual(['filling', 'joined.json']);
        setReadOnly(disk, true);
      }
    } finally {
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });

  it('waits for no pipe, and reads no device for ever', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await runCommandProcess('merge', pipe)).stderr).toContain(`${pipe} cannot be read (a pipe); name files`);
    // Of the kernel's files one has the log of what is still to happen.
    expect((await runCommandProcess('merge', '/proc/kmsg')).stderr).toContain(
      '/proc/kmsg cannot be read (empty); name',
    );
    const { code, stderr } = await runCommandProcess('merge', '/dev/zero');
    expect([code, stderr]).toEqual([
      2,
      '/dev/zero cannot be read (a device); name files written by `npm run experiment -- --json`.\n',
    ]);
    const endless = await runInShell('merge', '/dev/fd/0', 'yes | ');
    expect([endless.code, endless.stderr]).toEqual([
      2,
      '/dev/fd/0 cannot be read (longer than 256 MiB); name files written by `npm run experiment -- --json`.\n',
    ]);
    const one = written('one.json', 3);
    const fed = [
      await runInShell('merge', `/dev/stdin < "${one}"`),
      await runInShell('merge', '/dev/fd/0', `cat "${one}" | `),
    ];
    for (const { stdout } of fed)
      expect(experimentResultSchema.parse(JSON.parse(stdout)).runs.map(({ seed }) => seed)).toEqual([3]);
  });
});
