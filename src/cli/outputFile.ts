import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { grouped } from '../core/dataset.ts';
import { FileLock, LockedError } from './fileLock.ts';

/** A file that cannot be used as a person asked. The message is one sentence; the process ends with exit code 2. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** A file that a flag names. */
interface WantedFile {
  /** Without the dashes. */
  readonly flag: string;
  readonly path: string;
  /** About how much will be written, for which there must be room beside what stands there. */
  readonly bytes: number;
}

/** Longer files are nothing that was written here. */
const mostBytes = 256 * 2 ** 20;
/** No more than that is tried out before training begins. */
const mostTriedBytes = 64 * 2 ** 20;

/** Whether there is no room, on the disk or for this person or process. */
function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return isFull(error) ? `${code}: no room` : code;
}

function refusal({ flag, path }: WantedFile, reason: string): FileError {
  return new FileError(
    `--${flag} is "${path}", which cannot be written (${reason}); name a file in a folder that exists, has room, and that you may write to.`,
  );
}

/** Whether two descriptions are of one file. */
const areSame = (one: Stats, other: Stats) => one.dev === other.dev && one.ino === other.ino;

/** The name of the stream of this process that writes into a file; null if none does. */
function streamInto(stats: Stats): string | null {
  const streams = [
    [process.stdout.fd, 'standard output'],
    [process.stderr.fd, 'standard error'],
  ] as const;
  for (const [handle, name] of streams) {
    try {
      if (areSame(fstatSync(handle), stats)) return name;
    } catch {
      // It is closed.
    }
  }
  return null;
}

/** Where the file lies once links are followed. */
function realPath(wanted: WantedFile): string {
  const { flag, path } = wanted;
  if (path === '-')
    throw new FileError(
      `--${flag} is "-", and standard output has the table; name a file ("./-" for one of this name).`,
    );
  try {
    const stats = statSync(path);
    const stream = stats.isDirectory() ? null : streamInto(stats);
    // What is renamed into its place would take the place of what the stream has written.
    if (stream !== null)
      throw new FileError(`--${flag} is "${path}", which is where ${stream} goes; name another file.`);
    // By the system: for a pipe of this process Node's own way gives a path that is none.
    return realpathSync.native(path);
  } catch (error) {
    if (error instanceof FileError) throw error;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw refusal(wanted, reasonOf(error));
  }
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw refusal(wanted, 'a link that leads nowhere');
  try {
    return join(realpathSync(dirname(resolve(path))), basename(path));
  } catch (error) {
    throw refusal(wanted, reasonOf(error));
  }
}

function checkKind(wanted: WantedFile, target: string): void {
  const stats = statSync(target, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory()) throw refusal(wanted, 'EISDIR');
  if (!stats.isFile()) throw refusal(wanted, 'a device or pipe, not a file');
  try {
    accessSync(target, constants.W_OK | constants.R_OK);
  } catch (error) {
    throw refusal(wanted, reasonOf(error));
  }
}

/** Rights and owner of the file that a new one replaces. */
function inherit(handle: number, { mode, uid, gid }: Stats): void {
  fchmodSync(handle, mode & 0o7777);
  try {
    fchownSync(handle, uid, gid);
  } catch {
    // Only root may give files away.
  }
}

/** A renamed file is safe when its folder is; some systems cannot open one. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // The content is synced, and the name is in the system's care.
  }
}

/**
 * A file that a command will write, the only way in which the command line writes results. Before training begins it is
 * locked, and it is certain that it can be written and that there is room. Each write goes to a file beside it, is synced
 * and renamed, so that at any moment the name holds one whole state, the one before or the new one.
 */
export class OutputFile {
  readonly wanted: WantedFile;
  readonly #target: string;
  readonly #lock: FileLock;
  /** The file as it was when this process saw or wrote it last; undefined if it was not there. */
  #seen: Stats | undefined;
  /** What this process wrote last. */
  #written: string | null = null;
  /** Why the last write failed; null if it did not. */
  failure: string | null = null;

  /** @throws FileError if the file cannot be written, or another process writes it */
  constructor(wanted: WantedFile) {
    this.wanted = wanted;
    this.#target = realPath(wanted);
    checkKind(wanted, this.#target);
    const refused = (error: unknown) => {
      const needed = isFull(error) ? `; about ${grouped(Math.ceil(wanted.bytes / 1_000))} kB are needed` : '';
      return refusal(wanted, `${reasonOf(error)}${needed}`);
    };
    try {
      this.#lock = new FileLock(this.#target);
    } catch (error) {
      if (error instanceof LockedError) throw new FileError(`--${wanted.flag} is "${wanted.path}", ${error.message}.`);
      throw refused(error);
    }
    this.#seen = this.#look();
    try {
      this.#tryRoom();
    } catch (error) {
      this.release();
      throw refused(error);
    }
  }

  #look(): Stats | undefined {
    return statSync(this.#target, { throwIfNoEntry: false });
  }

  get #unfinished(): string {
    return `${this.#target}.part`;
  }

  /** Quotas and limits of a process are not known otherwise. */
  #tryRoom(): void {
    const bytes = Math.min(this.wanted.bytes, mostTriedBytes);
    try {
      writeFileSync(this.#unfinished, new Uint8Array(bytes), { flush: true });
    } finally {
      rmSync(this.#unfinished, { force: true });
    }
  }

  /** What the file holds; null if there is none, or an empty one. */
  read(): string | null {
    const size = statSync(this.#target, { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) return null;
    // What is so long is no result; its beginning is enough to see that.
    return size > mostBytes ? '…' : readFileSync(this.#target, 'utf8');
  }

  /**
   * Copies what somebody else has put in the file's place beside it, so that it is not lost.
   *
   * @returns the copy's name; null if the file is as it was
   */
  #setAside(now: Stats | undefined): string | null {
    const before = this.#seen;
    if (now === undefined || now.size === 0) return null;
    if (before !== undefined && areSame(now, before) && now.mtimeMs === before.mtimeMs && now.size === before.size)
      return null;
    // Some file systems change their mind about numbers and times.
    if (this.#written !== null && this.read() === this.#written) return null;
    for (let count = 1; ; count++) {
      const aside = `${this.#target}.${count}`;
      try {
        copyFileSync(this.#target, aside, constants.COPYFILE_EXCL);
        return aside;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /**
   * @returns a sentence for people if somebody else has written the file meanwhile; null if nobody has
   * @throws FileError with flag, file and reason; then the file is as it was
   */
  write(text: string): string | null {
    if (!this.#lock.keepHeld())
      throw refusal(this.wanted, 'its lock was taken away, so another process may be writing it');
    const unfinished = this.#unfinished;
    let aside: string | null;
    try {
      const before = this.#look();
      const handle = openSync(unfinished, 'w');
      try {
        writeFileSync(handle, text);
        if (before !== undefined) inherit(handle, before);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      aside = this.#setAside(before);
      renameSync(unfinished, this.#target);
      this.#seen = this.#look();
      this.#written = text;
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw refusal(this.wanted, reasonOf(error));
    }
    syncFolder(dirname(this.#target));
    return (
      aside && `${this.wanted.path} was changed by another program meanwhile; what that wrote is kept in ${aside}.`
    );
  }

  /**
   * Writes during a sweep, which goes on where that fails: a later write may succeed.
   *
   * @param say told about a failure once, until a write succeeds, and what became of somebody else's file
   */
  keep(text: string, say: (line: string) => void): void {
    try {
      const changed = this.write(text);
      if (changed !== null) say(changed);
      this.failure = null;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (this.failure === null) say(`${error.message} Training goes on; saving is tried again after each run.`);
      this.failure = error.message;
    }
  }

  release(): void {
    this.#lock.release();
  }
}

/**
 * The files that flags name, checked and locked; null for a flag that is not given.
 *
 * @throws FileError for one that cannot be written, or that two flags name; then none is locked
 */
export function claimFiles(wanted: readonly (WantedFile | null)[]): (OutputFile | null)[] {
  const given = wanted.filter((file) => file !== null);
  const targets = given.map(realPath);
  targets.forEach((target, index) => {
    const first = targets.indexOf(target);
    if (first === index) return;
    throw new FileError(
      `--${given[first].flag} and --${given[index].flag} both name "${given[index].path}"; name a file for each.`,
    );
  });
  const claimed: OutputFile[] = [];
  try {
    for (const file of given) claimed.push(new OutputFile(file));
  } catch (error) {
    for (const file of claimed) file.release();
    throw error;
  }
  return wanted.map((file) => (file === null ? null : claimed[given.indexOf(file)]));
}

/**
 * A file for what cannot be gone on with.
 *
 * @throws FileError if it cannot be written, or stands there with something in it that nobody gave away
 */
export function claimNewFile(wanted: WantedFile, overwrite: boolean): OutputFile {
  const file = new OutputFile(wanted);
  if (overwrite || file.read() === null) return file;
  file.release();
  throw new FileError(
    `--${wanted.flag} is "${wanted.path}", which exists; name another file, or add --overwrite to replace it.`,
  );
}
