import { createStore, delMany, get, keys, set, type UseStore } from 'idb-keyval';
import { errorName, inTime, storageFault, storagePatience } from '../link/browserStore.ts';
import type { WorkerNotice } from '../link/protocol.ts';

/**
 * Says that the browser did not keep files.
 *
 * @param what could not be kept
 * @param anew how the next visit gets it
 */
export function notKept(what: string, error: unknown, anew: 'download' | 'open'): WorkerNotice {
  const fault = storageFault(error);
  const reason = {
    full: "the browser's storage is full",
    silent: "the browser's storage does not answer",
    forbidden: `the browser does not let this page store files (${errorName(error)})`,
  }[fault];
  const later = anew === 'download' ? 'downloads the data again' : 'must open the files again';
  return {
    kind: 'notice',
    text: `${what} could not be kept here: ${reason}. Everything works, but the next visit ${later}.`,
    facts: { kind: 'notKept', fault, anew },
  };
}

/** `ArrayBuffer.prototype.transfer` is younger than some browsers. */
interface Transferable {
  transfer?(length: number): ArrayBuffer;
}

/**
 * Gives back the memory of bytes that are no longer needed at once, where the browser can. Only for bytes that no stream,
 * blob or hash of the browser has been given: what these have seen Chromium holds until it collects garbage, and no longer
 * counts it when it decides whether to. Its storage may have seen them.
 */
export function freeBytes({ buffer }: Uint8Array): void {
  (buffer as Transferable).transfer?.(0);
}

/** Lets pieces of work begin in the order in which they ask, as long as their sizes together stay within a limit. */
export class Room {
  readonly #limit: number;
  #taken = 0;
  readonly #waiting: { readonly size: number; readonly enter: () => void }[] = [];

  /**
   * @param limit the most that may be taken at a time; something larger gets the room to itself
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Waits until there is room.
   *
   * @returns a function that gives the room back; call it once
   */
  async enter(size: number): Promise<() => void> {
    if (this.#waiting.length > 0 || !this.#fits(size)) {
      await new Promise<void>((enter) => this.#waiting.push({ size, enter }));
    } else {
      this.#taken += size;
    }
    return () => this.#leave(size);
  }

  #fits(size: number): boolean {
    return this.#taken === 0 || this.#taken + size <= this.#limit;
  }

  #leave(size: number): void {
    this.#taken -= size;
    for (let next = this.#waiting.at(0); next !== undefined && this.#fits(next.size); next = this.#waiting.at(0)) {
      this.#waiting.shift();
      this.#taken += next.size;
      next.enter();
    }
  }
}

/** Bytes for which the browser's storage gets one millisecond more. */
const bytesPerMillisecond = 1_000;

/** Longest wait in milliseconds for the browser to read or write that number of bytes. */
export function patienceFor(bytes: number): number {
  return storagePatience + bytes / bytesPerMillisecond;
}

/**
 * Keeps downloaded files in the browser (IndexedDB), by hash. Where storage is missing, forbidden or full
 * it keeps nothing and says so once; it never fails.
 */
export class DataCache {
  readonly #name: string;
  readonly #onNotice: (notice: WorkerNotice) => void;
  #store: UseStore | null = null;
  #readable = true;
  #writable = true;
  #told = false;
  /** One at a time: the browser copies what it writes. */
  #writing: Promise<boolean> = Promise.resolve(false);

  /**
   * @param name of the dataset; each has a database of its own
   * @param onNotice takes a notice for the viewer, at most once
   */
  constructor(name: string, onNotice: (notice: WorkerNotice) => void) {
    this.#name = name;
    this.#onNotice = onNotice;
  }

  /** Whether the browser has taken everything so far. */
  get writable(): boolean {
    return this.#writable;
  }

  #open(): UseStore {
    this.#store ??= createStore(`mir-lab-${this.#name}`, 'data');
    return this.#store;
  }

  #tell(error: unknown): void {
    if (this.#told) return;
    this.#told = true;
    this.#onNotice(notKept('The data', error, 'download'));
  }

  /**
   * The bytes kept under a hash, or null.
   *
   * @param length the expected number of bytes
   */
  async read(hash: string, length: number): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!this.#readable) return null;
    try {
      const kept: unknown = await inTime(get(hash, this.#open()), patienceFor(length));
      return kept instanceof ArrayBuffer ? new Uint8Array(kept) : null;
    } catch (error) {
      this.#readable = false;
      this.#writable = false;
      this.#tell(error);
      return null;
    }
  }

  /** The hashes of what is kept; none where that cannot be told. */
  async kept(): Promise<ReadonlySet<IDBValidKey>> {
    if (!this.#readable) return new Set();
    return new Set(await inTime(keys(this.#open())).catch(() => []));
  }

  /** Keeps bytes under a hash, if the browser lets it; resolves with whether it has, and never fails. */
  keep(hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this.#writing = this.#writing.then(() => this.#write(hash, bytes));
    return this.#writing;
  }

  async #write(hash: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (!this.#writable) return false;
    try {
      const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
      await inTime(set(hash, whole, this.#open()), patienceFor(bytes.length));
      return true;
    } catch (error) {
      this.#writable = false;
      this.#tell(error);
      return false;
    }
  }

  /** Removes whatever is kept under other hashes: files of an earlier version. */
  async keepOnly(hashes: readonly string[]): Promise<void> {
    if (!this.#writable) return;
    try {
      const wanted = new Set<IDBValidKey>(hashes);
      const kept = await inTime(keys(this.#open()));
      const others = kept.filter((key) => !wanted.has(key));
      if (others.length > 0) await inTime(delMany(others, this.#open()));
    } catch (error) {
      this.#writable = false;
      this.#tell(error);
    }
  }
}
