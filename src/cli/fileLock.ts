import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** Whoever writes a file: which process, where, since when. */
const ownerSchema = z.strictObject({
  pid: z.int().min(1),
  host: z.string(),
  /** When the process began, as its system counts it; null where the system does not say. Process numbers come again. */
  began: z.string().nullable(),
  since: z.string(),
  token: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

/** Another process writes the file. The message goes on after the file's name: "which process 12 on ada is writing". */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

const refreshMilliseconds = 10_000;
/** A lock of another machine that was not refreshed for so long is left over. */
const staleMilliseconds = 120_000;

/** Field 22 of Linux's /proc/PID/stat: the start of a process, in ticks since the machine's. */
function beginningOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may hold spaces and brackets.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}

function isAlive({ pid, began }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const found = beginningOf(pid);
  return began === null || found === null || began === found;
}

/** The lock's content; null if there is no lock, or its file holds something else. */
function ownerIn(path: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

/** Gives a file a second name in one step; false if the name is taken. */
function linked(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // Some file systems have no second names.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  try {
    copyFileSync(file, name, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Sole right to write a file, held by a file `NAME.lock` beside it that names the process. It is given up at the end of
 * the process. A lock whose process has ended is taken over: on the same machine by its number and beginning, on another
 * one when it was not refreshed for two minutes by the clock of the file system.
 */
export class FileLock {
  readonly #path: string;
  readonly #token: string;
  readonly #timer: NodeJS.Timeout;
  readonly #atExit = () => {
    this.release();
  };

  /**
   * @param file the file to write
   * @throws LockedError if another process has it
   * @throws Error of the file system if no file can be made there
   */
  constructor(file: string) {
    this.#path = `${file}.lock`;
    this.#token = randomUUID();
    const own = `${this.#path}.${this.#token}`;
    try {
      const owner: Owner = {
        pid: process.pid,
        host: hostname(),
        began: beginningOf(process.pid),
        since: new Date().toISOString(),
        token: this.#token,
      };
      writeFileSync(own, `${JSON.stringify(owner)}\n`, { flush: true });
      this.#take(own);
    } finally {
      rmSync(own, { force: true });
    }
    this.#timer = setInterval(() => {
      this.#refresh();
    }, refreshMilliseconds).unref();
    process.on('exit', this.#atExit);
  }

  /** The lock gets its name in one step, with its content, which fails if there is one. */
  #take(own: string): void {
    for (let attempt = 0; attempt < 10; attempt++) {
      if (linked(own, this.#path)) return;
      const owner = ownerIn(this.#path);
      if (owner === null) {
        // It has gone meanwhile, or a person made it.
        if (!existsSync(this.#path)) continue;
        throw new LockedError(`which ${this.#path} keeps for somebody; remove that file if it is left over`);
      }
      if (!this.#isStale(owner, own)) {
        const { pid, host, since } = owner;
        throw new LockedError(
          `which process ${pid} on ${host} has been writing since ${since}; wait for it, or name another file (if that process is gone, remove ${this.#path})`,
        );
      }
      this.#removeStale(owner, own);
    }
    throw new LockedError(`which several processes want at once; name a file for each`);
  }

  #isStale(owner: Owner, own: string): boolean {
    if (owner.host === hostname()) return !isAlive(owner);
    const age = statSync(own).mtimeMs - (statSync(this.#path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    return age > staleMilliseconds;
  }

  /** Another process may do the same: what is removed is looked at again, and put back if it is not what was stale. */
  #removeStale(stale: Owner, own: string): void {
    const aside = `${own}.stale`;
    try {
      renameSync(this.#path, aside);
      const removed = ownerIn(aside);
      if (removed !== null && removed.token !== stale.token) linked(aside, this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      rmSync(aside, { force: true });
    }
  }

  #refresh(): void {
    const now = new Date();
    try {
      if (this.isHeld()) utimesSync(this.#path, now, now);
    } catch {
      // The next refresh may succeed, and before each write the lock is looked at.
    }
  }

  /** Whether nobody has taken it away, as a person may by removing the file. */
  isHeld(): boolean {
    return ownerIn(this.#path)?.token === this.#token;
  }

  release(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#atExit);
    if (this.isHeld()) rmSync(this.#path, { force: true });
  }
}
