import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { claimFiles, claimNewFile, FileError, OutputFile } from '../../../src/cli/outputFile.ts';
import { mountSmallDisk, runInShell, setReadOnly } from './commandProcess.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mir-lab-files-')));
afterAll(() => rmSync(folder, { recursive: true }));

const sourceOfOutputFile = new URL('../../../src/cli/outputFile.ts', import.meta.url).href;
let count = 0;
const newFolder = () => {
  const path = join(folder, String(count++));
  mkdirSync(path);
  return path;
};
const wanted = (path: string, bytes = 100) => ({ flag: 'json', path, bytes });
const owner = (change: object) =>
  JSON.stringify({ pid: 1, host: hostname(), began: null, since: 'noon', token: 'other', ...change });

describe('an output file', () => {
  it('holds one whole state or the other, keeps its rights, and leaves nothing beside it', () => {
    const place = newFolder();
    const path = join(place, 'a.json');
    writeFileSync(path, 'old');
    chmodSync(path, 0o640);
    const file = new OutputFile(wanted(path));
    expect(file.read()).toBe('old');
    file.write('new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    file.release();
    expect(readdirSync(place)).toEqual(['a.json']);
  });

  it('writes where a link leads', () => {
    const place = newFolder();
    writeFileSync(join(place, 'real.json'), 'old');
    symlinkSync('real.json', join(place, 'link.json'));
    const file = new OutputFile(wanted(join(place, 'link.json')));
    file.write('new');
    file.release();
    expect(readFileSync(join(place, 'real.json'), 'utf8')).toBe('new');
    expect(lstatSync(join(place, 'link.json')).isSymbolicLink()).toBe(true);
    symlinkSync('nowhere.json', join(place, 'broken.json'));
    expect(() => new OutputFile(wanted(join(place, 'broken.json')))).toThrow('a link that leads nowhere');
  });

  it.each([
    ['a device', '/dev/full', 'a device or pipe, not a file'],
    ['a folder', folder, 'EISDIR'],
    ['a folder that is missing', join(folder, 'missing', 'a.json'), 'ENOENT'],
    ['a file as a folder', '/etc/passwd/a.json', 'ENOTDIR'],
    ['a folder of the system, where nobody may write', '/proc/a.json', 'E'],
  ])('is refused before training if it is %s', (_what, path, reason) => {
    const attempt = () => new OutputFile(wanted(path));
    expect(attempt).toThrow(FileError);
    expect(attempt).toThrow(`--json is "${path}", which cannot be written (${reason}`);
  });

  it('is not the file that a shell sends the table to', async () => {
    const path = join(newFolder(), 'a.json');
    writeFileSync(path, 'old');
    const { code, stderr } = await runInShell('experiment', `--method er --seeds 1 --json ${path} >> ${path}`);
    expect([code, stderr]).toEqual([
      2,
      `--json is "${path}", which is where standard output goes; name another file.\n`,
    ]);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('copies what another program writes there meanwhile, and is written anew where it was removed', () => {
    const place = newFolder();
    const path = join(place, 'a.json');
    const file = new OutputFile(wanted(path));
    const lines: string[] = [];
    const keep = (text: string) => {
      file.keep(text, (line) => lines.push(line));
    };
    keep('first');
    rmSync(path);
    keep('second');
    expect([readdirSync(place), lines]).toEqual([['a.json', 'a.json.lock'], []]);
    utimesSync(path, 1, 1);
    keep('third');
    expect([readFileSync(path, 'utf8'), lines]).toEqual(['third', []]);
    writeFileSync(path, 'precious');
    rmSync(`${path}.lock`);
    keep('fourth');
    expect(lines).toEqual([`${path} was changed by another program meanwhile; what that wrote is kept in ${path}.1.`]);
    expect([path, `${path}.1`].map((name) => readFileSync(name, 'utf8'))).toEqual(['fourth', 'precious']);
    writeFileSync(`${path}.lock`, owner({ host: 'elsewhere' }));
    keep('fifth');
    expect(file.failure).toContain('its lock was taken away');
    expect(readFileSync(path, 'utf8')).toBe('fourth');
    file.release();
    expect(existsSync(`${path}.lock`)).toBe(true);
  });

  it('is one file for one flag', () => {
    const place = newFolder();
    symlinkSync(place, join(folder, 'other-name'));
    const flags = [
      { flag: 'json', path: join(place, 'a'), bytes: 1 },
      { flag: 'csv', path: join(folder, 'other-name', 'a'), bytes: 1 },
    ];
    expect(() => claimFiles(flags)).toThrow(/^--json and --csv both name .*; name a file for each\.$/);
    expect(readdirSync(place)).toEqual([]);
  });

  it('gives up the first where the second is refused', () => {
    const place = newFolder();
    expect(() => claimFiles([wanted(join(place, 'a')), { flag: 'csv', path: place, bytes: 1 }])).toThrow('--csv is');
    expect(readdirSync(place)).toEqual([]);
  });

  it('is not taken where it stands already, for what cannot be gone on with', () => {
    const path = join(newFolder(), 'a.json');
    writeFileSync(path, '');
    claimNewFile(wanted(path), false).release();
    writeFileSync(path, 'old');
    expect(() => claimNewFile(wanted(path), false)).toThrow('which exists; name another file, or add --overwrite');
    const file = claimNewFile(wanted(path), true);
    expect(readFileSync(path, 'utf8')).toBe('old');
    file.write('new');
    file.release();
    expect(readFileSync(path, 'utf8')).toBe('new');
  });
});

describe('a full disk', () => {
  it('is found before training, keeps what was there, and takes the new when there is room again', ({ skip }) => {
    const disk = newFolder();
    if (!mountSmallDisk(disk)) return skip('only root may mount a small disk');
    try {
      const path = join(disk, 'a.json');
      writeFileSync(path, 'precious');
      const file = new OutputFile(wanted(path, 8_000));
      // Room for the lock of another file, but not for the file.
      writeFileSync(join(disk, 'filling'), new Uint8Array(52_000));
      expect(() => new OutputFile(wanted(join(disk, 'b.json'), 8_000))).toThrow(
        '(ENOSPC: no room; about 8 kB are needed)',
      );
      const lines: string[] = [];
      const say = (line: string) => {
        lines.push(line);
      };
      file.keep('x'.repeat(8_000), say);
      file.keep('x'.repeat(8_000), say);
      // Said once, although it failed twice.
      expect(lines).toEqual([expect.stringContaining('saving is tried again after each run')]);
      expect(file.failure).toContain('ENOSPC');
      expect(readFileSync(path, 'utf8')).toBe('precious');
      expect(readdirSync(disk).toSorted()).toEqual(['a.json', 'a.json.lock', 'filling']);
      rmSync(join(disk, 'filling'));
      file.keep('x'.repeat(8_000), say);
      expect([file.failure, statSync(path).size]).toEqual([null, 8_000]);
      file.release();
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('a disk that turns read-only', () => {
  it('keeps what was there, is named, and takes the new when it can be written again', ({ skip }) => {
    const disk = newFolder();
    if (!mountSmallDisk(disk)) return skip('only root may mount a small disk');
    try {
      const path = join(disk, 'a.json');
      writeFileSync(path, 'precious');
      const [file, given] = [new OutputFile(wanted(path)), new OutputFile(wanted(join(disk, 'c.json')))];
      setReadOnly(disk, true);
      expect(() => new OutputFile(wanted(join(disk, 'b.json')))).toThrow('which cannot be written (EROFS)');
      const lines: string[] = [];
      const say = (line: string) => {
        lines.push(line);
      };
      file.keep('new', say);
      file.keep('new', say);
      expect(lines).toEqual([expect.stringContaining(`"${path}", which cannot be written (EROFS)`)]);
      expect(readFileSync(path, 'utf8')).toBe('precious');
      given.release();
      setReadOnly(disk, false);
      file.keep('new', say);
      file.release();
      expect([file.failure, lines.length, readFileSync(path, 'utf8')]).toEqual([null, 1, 'new']);
      // The lock that could not be removed is this process's own.
      expect(readdirSync(disk).toSorted()).toEqual(['a.json', 'c.json.lock']);
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('the lock of an output file', () => {
  it('names the process that has it', async () => {
    const path = join(newFolder(), 'a.json');
    const other = spawn('sleep', ['60']);
    try {
      writeFileSync(`${path}.lock`, owner({ pid: other.pid }));
      expect(() => new OutputFile(wanted(path))).toThrow(
        `--json is "${path}", which process ${other.pid} on ${hostname()} has been writing since noon; wait for it`,
      );
      expect(existsSync(`${path}.lock`)).toBe(true);
    } finally {
      other.kill('SIGKILL');
      await new Promise((resolve) => other.on('close', resolve));
    }
    // The process has ended, as one before that was killed while it took the lock.
    writeFileSync(`${path}.lock.other`, owner({ pid: other.pid }));
    const file = new OutputFile(wanted(path));
    file.write('new');
    file.release();
    expect(readdirSync(join(path, '..'))).toEqual(['a.json']);
  });

  it('is taken over from a process whose number another one has now', ({ skip }) => {
    if (!existsSync('/proc/1/stat')) return skip('only Linux says when a process began');
    const path = join(newFolder(), 'a.json');
    writeFileSync(`${path}.lock`, owner({ pid: process.pid, began: '1' }));
    new OutputFile(wanted(path)).release();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it.each([
    ['another machine', owner({ host: 'elsewhere' })],
    ['another container of this machine, or another machine of its name', owner({ pid: 2 ** 22 - 1, place: 'other' })],
  ])('is taken over from %s that has not refreshed it for two minutes', (_, content) => {
    const path = join(newFolder(), 'a.json');
    writeFileSync(`${path}.lock`, content);
    expect(() => new OutputFile(wanted(path))).toThrow(/which process \d+ on .* has been writing/);
    const before = Date.now() / 1_000 - 121;
    utimesSync(`${path}.lock`, before, before);
    new OutputFile(wanted(path)).release();
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('is refreshed by the clock of the file system, however wrong that of the machine is', () => {
    const path = join(newFolder(), 'a.json');
    vi.useFakeTimers({ now: 0 });
    try {
      const file = new OutputFile(wanted(path));
      utimesSync(`${path}.lock`, 1, 1);
      vi.advanceTimersByTime(10_000);
      writeFileSync(path, '');
      expect(Math.abs(statSync(`${path}.lock`).mtimeMs - statSync(path).mtimeMs)).toBeLessThan(60_000);
      file.release();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is left alone if a person made it', () => {
    const path = join(newFolder(), 'a.json');
    writeFileSync(`${path}.lock`, 'mine');
    expect(() => new OutputFile(wanted(path))).toThrow('remove that file if it is left over');
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe('mine');
  });

  it('goes to one of many processes that want it at once', async () => {
    const path = join(newFolder(), 'a.json');
    writeFileSync(`${path}.lock`, owner({ pid: 2 ** 22 - 1 }));
    const source = `
      import { OutputFile } from ${JSON.stringify(sourceOfOutputFile)};
      await new Promise((resolve) => process.stdin.once('data', resolve));
      try { new OutputFile({ flag: 'json', path: ${JSON.stringify(path)}, bytes: 1 }); console.log('mine'); setTimeout(() => {}, 60_000); }
      catch (error) { console.log(error.name); process.exit(); }`;
    const children = [0, 1, 2].map(() =>
      spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], { stdio: 'pipe' }),
    );
    // All are loaded before the first begins.
    const answers = children.map(
      (child) => new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text).trim()))),
    );
    try {
      for (const child of children) child.stdin.write('go\n');
      expect((await Promise.all(answers)).toSorted()).toEqual(['FileError', 'FileError', 'mine']);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});
