import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';

/** Whoever writes a file: which process, where, since when. */
const ownerSchema = z.strictObject({
  pid: z.int().min(1),
  host: z.string(),
  /** Where its number means something: a start of a machine and a space of numbers; null where that is not known. */
  place: z.string().nullable().default(null),
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

/**
 * What tells the places apart in which process numbers mean something: containers have numbers of their own, and machines
 * that share a disk may have one name. Null where the system does not say.
 */
function placeOfNumbers(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** Whether the number of a process tells whether it lives. */
function isNear({ host, place }: Owner): boolean {
  return host === hostname() && (place === null || place === placeOfNumbers());
}

/** The lock's content; null if there is no lock, or its file holds something else. */
function ownerIn(path: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

/** The names in a folder; none where it cannot be listed. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
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
 * one, or in another container, when it was not refreshed for two minutes by the clock of the file system.
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
    this.#claim((own) => this.#take(own));
    this.#tidy();
    this.#timer = setInterval(() => {
      this.#refresh();
    }, refreshMilliseconds).unref();
    process.on('exit', this.#atExit);
  }

  /** Writes who this process is into a file of its own, for as long as `take` uses it. */
  #claim<Answer>(take: (own: string) => Answer): Answer {
    const own = `${this.#path}.${this.#token}`;
    const owner: Owner = {
      pid: process.pid,
      host: hostname(),
      place: placeOfNumbers(),
      began: beginningOf(process.pid),
      since: new Date().toISOString(),
      token: this.#token,
    };
    try {
      writeFileSync(own, `${JSON.stringify(owner)}\n`, { flush: true });
      return take(own);
    } finally {
      rmSync(own, { force: true });
    }
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
    if (isNear(owner)) return !isAlive(owner);
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

  /** Removes what processes that were killed while they took the lock have left beside it. */
  #tidy(): void {
    const start = `${basename(this.#path)}.`;
    const folder = dirname(this.#path);
    for (const name of namesIn(folder)) {
      const left = join(folder, name);
      const owner = name.startsWith(start) ? ownerIn(left) : null;
      if (owner !== null && isNear(owner) && !isAlive(owner)) rmSync(left, { force: true });
    }
  }

  /** Says that this process lives, by the clock of the file system: others of a cluster may be minutes off. */
  #refresh(): void {
    try {
      if (!this.#isHeld()) return;
      const now = this.#claim((own) => statSync(own).mtime);
      utimesSync(this.#path, now, now);
    } catch {
      // The next refresh may succeed, and before each write the lock is looked at.
    }
  }

  /** Whether nobody has taken it. */
  #isHeld(): boolean {
    return ownerIn(this.#path)?.token === this.#token;
  }

  /** Takes it again where its file was removed, and nobody has it. Says whether this process has it now. */
  keepHeld(): boolean {
    if (this.#isHeld()) return true;
    try {
      return this.#claim((own) => linked(own, this.#path));
    } catch {
      // The folder is gone, or full; writing will say so.
      return !existsSync(this.#path);
    }
  }

  release(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#atExit);
    if (!this.#isHeld()) return;
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // The disk cannot be written any more. What stays is left over, as of a process that was killed.
    }
  }
}
