import { type ChildProcessByStdio, execFile, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** How a command of src/cli ended; the code is null where a signal ended it. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<Outcome>;
  /** Waits until standard error has such a line; false if the command ends without one. */
  readonly reaches: (line: RegExp) => Promise<boolean>;
}

/** A command of src/cli that is bundled for tests (bundledCommands.ts). */
export type BundledCommand = 'bench' | 'experiment' | 'merge';

const bundled = (name: BundledCommand) => join(inject('commands'), `${name}.js`);

/** Starts a command of src/cli. */
export function startCommand(name: BundledCommand, ...argv: readonly string[]): CommandProcess {
  return started([bundled(name), ...argv]);
}

/** Runs a command of src/cli as its npm script does, only without a process between, to its end. */
export function runScript(name: BundledCommand, ...argv: readonly string[]): Promise<Outcome> {
  return started(['--import', 'tsx', `src/cli/${name}.ts`, ...argv]).ended;
}

/** Runs a command of src/cli to its end, with variables of the environment set. */
export function runWithVariables(
  name: BundledCommand,
  variables: Readonly<Record<string, string>>,
  ...argv: readonly string[]
): Promise<Outcome> {
  return started([bundled(name), ...argv], variables).ended;
}

function started(argv: readonly string[], variables: Readonly<Record<string, string>> = {}): CommandProcess {
  const child = spawn(process.execPath, argv, {
    cwd: root,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += String(chunk)));
  createInterface(child.stderr).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  let over = false;
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => {
      over = true;
      for (const listener of listeners) listener();
      resolve({ code, ...text });
    });
  });
  const reaches = (wanted: RegExp) =>
    new Promise<boolean>((resolve) => {
      const look = () => {
        const found = lines.some((line) => wanted.test(line));
        if (!found && !over) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  return { child, ended, reaches };
}

/**
 * Runs a command of src/cli by a shell, which sends its streams elsewhere: `> /dev/full`.
 *
 * @param before the command, such as one whose output goes into it
 */
export function runInShell(name: BundledCommand, words: string, before = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const line = `${before}"${process.execPath}" "${bundled(name)}" ${words}`;
    execFile('sh', ['-c', line], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** Runs a command of src/cli to its end. */
export function runCommandProcess(name: BundledCommand, ...argv: readonly string[]): Promise<Outcome> {
  return startCommand(name, ...argv).ended;
}

/** Mounts 64 kB on a folder; false where this process may not, as in most containers and for most people. */
export function mountSmallDisk(place: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Lets nobody write on what is mounted there any more, or lets everybody write again. */
export function setReadOnly(place: string, readOnly: boolean): void {
  execFileSync('mount', ['-o', `remount,${readOnly ? 'ro' : 'rw'}`, place]);
}
