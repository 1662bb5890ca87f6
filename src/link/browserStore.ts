import { createStore, type UseStore, get } from 'idb-keyval';
import type { DatasetName } from '../core/scenarios.ts';

/** Longest wait in milliseconds for the browser's storage before going on without it. */
export const storagePatience = 3_000;
/** The same once it has failed to answer, until it answers again. */
const shortPatience = 300;
/** Silence in milliseconds after which storage is said not to answer; a busy machine is slow, too. */
export const storageSilence = 10_000;

/** The name of an error, such as "QuotaExceededError". */
export function errorName(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : String(error);
}

/** Why the browser did not keep something. */
export function storageFault(error: unknown): 'full' | 'silent' | 'forbidden' {
  const name = errorName(error);
  if (name === 'QuotaExceededError') return 'full';
  return name === 'TimeoutError' ? 'silent' : 'forbidden';
}

/**
 * The same promise, which fails if it takes longer than a number of milliseconds. Storage of a browser that is broken,
 * or busy with another page, may never answer.
 *
 * @throws DOMException named TimeoutError
 */
export async function inTime<T>(promise: Promise<T>, milliseconds = storagePatience): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DOMException('The storage does not answer.', 'TimeoutError')),
      Math.max(0, milliseconds),
    );
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Says that storage fails, once until it works again, and then takes that back. A silence is told only once it has
 * lasted.
 */
export class StorageFaults {
  readonly #tell: (error: unknown) => string;
  readonly #takeBack: (text: string) => void;
  #told: { readonly text: string; readonly silent: boolean } | null = null;
  #silentSince: number | null = null;

  /**
   * @param tell says it to the viewer, and gives the words in which it did
   * @param takeBack takes these words back
   */
  constructor(tell: (error: unknown) => string, takeBack: (text: string) => void) {
    this.#tell = tell;
    this.#takeBack = takeBack;
  }

  failed(error: unknown): void {
    const silent = storageFault(error) === 'silent';
    if (silent) this.#silentSince ??= performance.now();
    if (this.#told !== null) return;
    if (silent && performance.now() - (this.#silentSince ?? 0) < storageSilence) return;
    this.#told = { text: this.#tell(error), silent };
  }

  /** @param kept whether something was written, and not only read */
  worked(kept: boolean): void {
    this.#silentSince = null;
    if (this.#told === null || !(kept || this.#told.silent)) return;
    this.#takeBack(this.#told.text);
    this.#told = null;
  }
}

/** One store of the browser (IndexedDB) that is asked with a time limit, and opened anew when its connection is lost. */
export class BrowserStore {
  readonly #name: string;
  readonly #part: string;
  #store: UseStore | null = null;
  #silent = false;

  /**
   * @param name of the database
   * @param part the name of its one store
   */
  constructor(name: string, part: string) {
    this.#name = name;
    this.#part = part;
  }

  /**
   * Asks the store.
   *
   * @throws what the browser reports, or a TimeoutError
   */
  async use<T>(action: (store: UseStore) => Promise<T>): Promise<T> {
    try {
      return await this.#ask(action);
    } catch (error) {
      // A browser that clears what a site keeps closes the connections to it.
      if (errorName(error) !== 'InvalidStateError') throw error;
      this.#store = null;
      return this.#ask(action);
    }
  }

  async #ask<T>(action: (store: UseStore) => Promise<T>): Promise<T> {
    try {
      this.#store ??= createStore(this.#name, this.#part);
      const asked = action(this.#store);
      // An answer counts even if it is late.
      asked.then(
        () => (this.#silent = false),
        () => {},
      );
      return await inTime(asked, this.#silent ? shortPatience : storagePatience);
    } catch (error) {
      if (errorName(error) === 'TimeoutError') {
        this.#silent = true;
        this.#store = null;
      }
      throw error;
    }
  }
}

/** Whether an earlier visit opened the dataset and kept it in the browser (keptDataset.ts). */
async function isKept(dataset: DatasetName): Promise<boolean> {
  try {
    return (await inTime(get('record', createStore(`mir-lab-opened-${dataset}`, 'pieces')))) !== undefined;
  } catch {
    return false;
  }
}

/** Whether the site has the dataset. Some hosts answer with a page where they have no file. */
async function isHeld(dataset: DatasetName): Promise<boolean> {
  try {
    const response = await fetch(new URL(`data/${dataset}/manifest.json`, document.baseURI));
    const manifest: unknown = response.ok ? await response.json() : null;
    return typeof manifest === 'object' && manifest !== null;
  } catch {
    return false;
  }
}

/**
 * Whether runs on a dataset can begin: the browser keeps it, or the site has it, of which only the manifest is asked for.
 *
 * @param where `browser` leaves the site out
 */
export async function hasData(dataset: DatasetName, where?: 'browser'): Promise<boolean> {
  if (await isKept(dataset)) return true;
  // Nobody may hand MiniImagenet on, so no site holds it.
  return where !== 'browser' && dataset !== 'miniimagenet' && isHeld(dataset);
}
