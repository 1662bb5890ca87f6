import { del, delMany, entries, get, getMany, keys, set, setMany } from 'idb-keyval';
import { z } from 'zod';
import { runKey } from '../core/paperTable.ts';
import { engineVersion, type StoredRun, storedRunSchema } from '../core/storedRun.ts';
import { storageWords } from './failureWords.ts';
import { BrowserStore, StorageFaults } from '../link/browserStore.ts';
import { say } from '../texts/say.ts';
import { sweepPlanSchema } from './sweepPlan.ts';
import type { Notice } from './labState.ts';

/** The sweep that was under way when the page was last open. */
export const storedSweepSchema = z.strictObject({ plan: sweepPlanSchema, state: z.enum(['running', 'paused']) });
export type StoredSweep = z.infer<typeof storedSweepSchema>;

/** The content of a browser's storage. */
interface ArchivedRuns {
  /** By run key; of this version of the engine. */
  readonly runs: ReadonlyMap<string, StoredRun>;
  /** Runs of another version of the engine, which no longer count. */
  readonly otherVersion: number;
  /** Entries that are not whole runs. */
  readonly unreadable: number;
}

/**
 * Sorts the content of storage. A run counts only if it is whole, under its own key, and of this version.
 *
 * @param entries keys and values as storage gave them, not trusted
 */
export function archivedRuns(entries: readonly (readonly [unknown, unknown])[], version: string): ArchivedRuns {
  const runs = new Map<string, StoredRun>();
  let otherVersion = 0;
  let unreadable = 0;
  for (const [key, value] of entries) {
    const result = storedRunSchema.safeParse(value);
    if (!result.success || key !== runKey(result.data.config)) unreadable += 1;
    else if (result.data.version !== version) otherVersion += 1;
    else runs.set(key, result.data);
  }
  return { runs, otherVersion, unreadable };
}

/** What storage holds, as far as it answered. */
interface ArchiveContent extends ArchivedRuns {
  /** Whether storage answered; otherwise nothing is known of what it holds. */
  readonly answered: boolean;
  readonly sweep: StoredSweep | null;
}

/** What another page of this site did to the kept runs. */
const newsSchema = z.strictObject({ kind: z.enum(['kept', 'removed']), keys: z.array(z.string()) });
type ArchiveNews = z.infer<typeof newsSchema>;

/**
 * The runs that this browser keeps, and the sweep under way. Where storage is forbidden, full or silent it keeps nothing
 * and says so; no method ever fails, and none takes longer than the time limit of storage.
 */
export interface RunArchive {
  read(): Promise<ArchiveContent>;
  /** The keys of everything that is kept, runs or not; null if storage does not answer. */
  keys(): Promise<ReadonlySet<string> | null>;
  /** Those of the runs with these keys that are kept, whole, and of this version; null if storage does not answer. */
  readRuns(keys: readonly string[]): Promise<ReadonlyMap<string, StoredRun> | null>;
  /** Keeps runs, all or none. Says whether storage has them now. */
  keep(runs: readonly StoredRun[]): Promise<boolean>;
  keepSweep(sweep: StoredSweep | null): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** Removes entries that do not count: runs of other versions, and entries that are not runs. */
  removeOthers(): Promise<void>;
  /**
   * Asks the browser not to delete what this site keeps when the disk gets full. Says whether it will not; null if it
   * cannot be asked.
   */
  persist(): Promise<boolean | null>;
  /** Calls `listener` when another page of this site has kept or removed runs. */
  onNews(listener: (news: ArchiveNews) => void): void;
}

const sweepKey = 'sweep';
const markKey = 'mir-lab-sweep-held';

/** Says at once that a sweep was stopped or paused: a page that is left then has no time for IndexedDB. */
function markSweep(sweep: StoredSweep | null): void {
  try {
    if (sweep?.state === 'running') localStorage.removeItem(markKey);
    else localStorage.setItem(markKey, sweep === null ? 'stopped' : 'paused');
  } catch {
    // Forbidden, or in Node.
  }
}

/** A sweep as it was when it was last heard of. */
function asMarked(sweep: StoredSweep | null): StoredSweep | null {
  try {
    const mark = localStorage.getItem(markKey);
    if (mark === 'stopped') return null;
    return mark === 'paused' && sweep !== null ? { ...sweep, state: mark } : sweep;
  } catch {
    return sweep;
  }
}

async function askToPersist(): Promise<boolean | null> {
  // Missing outside secure contexts, and in Node.
  const storage = (globalThis as { navigator?: Partial<Navigator> }).navigator?.storage as
    | Partial<StorageManager>
    | undefined;
  if (storage?.persist === undefined) return null;
  try {
    return await storage.persist();
  } catch {
    return null;
  }
}

/**
 * Opens the archive in the browser's storage (IndexedDB).
 *
 * @param onForbidden takes a sentence for the viewer when something could not be kept; again only after it could
 * @param onKept takes such a sentence once it no longer holds
 */
export function openRunArchive(
  onForbidden: (text: string) => void,
  onKept: (text: string) => void = () => {},
): RunArchive {
  const runStore = new BrowserStore('mir-lab-runs', 'runs');
  const sweepStore = new BrowserStore('mir-lab-sweep', 'sweep');
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('mir-lab-runs');
  const faults = new StorageFaults((error) => {
    const text = say('notices.finishedNotKept', { reason: storageWords(error) });
    onForbidden(text);
    return text;
  }, onKept);

  async function attempt<T, E>(action: () => Promise<T>, otherwise: E, writes = false): Promise<T | E> {
    try {
      const answer = await action();
      faults.worked(writes);
      return answer;
    } catch (error) {
      faults.failed(error);
      return otherwise;
    }
  }

  function spread(news: ArchiveNews): void {
    channel?.postMessage(news);
  }

  return {
    read: () =>
      attempt(
        async () => {
          const stored = storedSweepSchema.safeParse(await sweepStore.use((store) => get(sweepKey, store)));
          const all = await runStore.use((store) => entries(store));
          return {
            ...archivedRuns(all, engineVersion),
            sweep: asMarked(stored.success ? stored.data : null),
            answered: true,
          };
        },
        { ...archivedRuns([], engineVersion), sweep: null, answered: false },
      ),
    keys: () =>
      attempt(async () => {
        const all = await runStore.use((store) => keys(store));
        return new Set(all.filter((key) => typeof key === 'string'));
      }, null),
    readRuns: (wanted) =>
      attempt(async () => {
        const found = await runStore.use((store) => getMany<unknown>([...wanted], store));
        return archivedRuns(
          wanted.map((key, index) => [key, found[index]]),
          engineVersion,
        ).runs;
      }, null),
    keep: (runs) =>
      attempt(
        async () => {
          const pairs = runs.map((run): [IDBValidKey, unknown] => [runKey(run.config), run]);
          await runStore.use((store) => setMany(pairs, store));
          spread({ kind: 'kept', keys: runs.map(({ config }) => runKey(config)) });
          return true;
        },
        false,
        true,
      ),
    keepSweep(value) {
      markSweep(value);
      return attempt(
        () => sweepStore.use((store) => (value === null ? del(sweepKey, store) : set(sweepKey, value, store))),
        undefined,
      );
    },
    remove: (gone) =>
      attempt(async () => {
        await runStore.use((store) => delMany([...gone], store));
        spread({ kind: 'removed', keys: [...gone] });
      }, undefined),
    removeOthers: () =>
      attempt(
        () =>
          runStore.use(async (store) => {
            const all = await entries<IDBValidKey, unknown>(store);
            const counted = archivedRuns(all, engineVersion).runs;
            await delMany(
              all.map(([key]) => key).filter((key) => typeof key !== 'string' || !counted.has(key)),
              store,
            );
          }),
        undefined,
      ),
    persist: askToPersist,
    onNews(listener) {
      channel?.addEventListener('message', ({ data }) => {
        const news = newsSchema.safeParse(data);
        if (news.success) listener(news.data);
      });
    },
  };
}

/** The page's finished runs, as the watch sees and changes them. */
interface WatchedRuns {
  /** By run key. */
  readonly all: () => ReadonlyMap<string, StoredRun>;
  /** Takes in runs that other pages of this site have finished. */
  readonly add: (runs: ReadonlyMap<string, StoredRun>) => void;
  /** Drops runs that another page of this site has removed. */
  readonly drop: (keys: readonly string[]) => void;
  /** Says which runs only this page has, and whether that is because they could not be kept. */
  readonly setUnkept: (unkept: ReadonlySet<string>, keepingFails: boolean) => void;
}

/** Keeps a page's finished runs and the browser's storage at one, and says so where they were not. */
interface ArchiveWatch {
  /** Reads all that is kept. */
  open(): Promise<ArchiveContent>;
  /** Keeps finished runs, and sees to it that the earlier ones are still kept. */
  keep(runs: readonly StoredRun[]): Promise<void>;
  /** Removes runs for good. */
  remove(keys: readonly string[]): Promise<void>;
  /**
   * Looks whether what was kept is still there; keeps anew what is not, and what could not be kept before. Takes in what
   * other pages have kept.
   */
  look(): Promise<void>;
}

/** Watches over an archive; see {@link ArchiveWatch}. One thing at a time, in the order in which it is asked. */
export function watchArchive(
  archive: RunArchive,
  runs: WatchedRuns,
  notify: (tone: Notice['tone'], text: string) => void,
): ArchiveWatch {
  /** Keys that storage had when it was last asked. */
  const kept = new Set<string>();
  /** Keys of what storage holds beside runs of this version, which is not read again. */
  const passedOver = new Set<string>();
  /** Keys of runs that were removed on purpose. */
  const removed = new Set<string>();
  let keepingFails = false;
  let queue: Promise<unknown> = Promise.resolve();

  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = queue.then(action);
    queue = done.catch(() => {});
    return done;
  }

  function note(): void {
    runs.setUnkept(new Set([...runs.all().keys()].filter((key) => !kept.has(key))), keepingFails);
  }

  async function tryToKeep(wanted: readonly StoredRun[]): Promise<boolean> {
    const together = await archive.keep(wanted);
    // Where there is no room for all, there may be for some.
    const held = together ? [...wanted] : [];
    if (!together && wanted.length > 1) {
      for (const run of wanted) {
        if (!(await archive.keep([run]))) break;
        held.push(run);
      }
    }
    for (const { config } of held) kept.add(runKey(config));
    keepingFails = held.length < wanted.length;
    note();
    return !keepingFails;
  }

  async function look(): Promise<void> {
    const found = await archive.keys();
    if (found === null) return;
    const here = [...runs.all()];
    const lost = here.filter(([key]) => kept.has(key) && !found.has(key));
    for (const [key] of lost) kept.delete(key);
    for (const key of passedOver) if (!found.has(key)) passedOver.delete(key);
    // Under the key of a run may stand one of another version.
    const doubtful = here.flatMap(([key]) => (found.has(key) && !kept.has(key) ? [key] : []));
    if (doubtful.length > 0) for (const key of (await archive.readRuns(doubtful))?.keys() ?? []) kept.add(key);
    const others = [...found].filter((key) => !kept.has(key) && !passedOver.has(key) && !removed.has(key));
    const unkept = here.filter(([key]) => !kept.has(key)).map(([, run]) => run);
    const again = unkept.length === 0 || (await tryToKeep(unkept));
    if (lost.length > 0) {
      const cleared = say('notices.runsCleared', { count: lost.length });
      notify('warning', again ? `${cleared} ${say('notices.keptAgain')}` : `${cleared} ${say('notices.notKeptAgain')}`);
    }
    if (others.length > 0) await takeIn(others);
    note();
  }

  async function takeIn(keys: readonly string[]): Promise<void> {
    const found = await archive.readRuns(keys);
    if (found === null) return;
    // What was announced may be gone again.
    for (const key of keys) if (!removed.has(key)) (found.has(key) ? kept : passedOver).add(key);
    const fresh = [...found].filter(([key]) => !runs.all().has(key) && !removed.has(key));
    if (fresh.length > 0) runs.add(new Map(fresh));
    note();
  }

  archive.onNews(({ kind, keys }) => {
    switch (kind) {
      case 'kept':
        for (const key of keys) removed.delete(key);
        void inTurn(() => takeIn(keys));
        break;
      case 'removed':
        for (const key of keys) {
          kept.delete(key);
          removed.add(key);
        }
        runs.drop(keys);
        break;
      default:
        kind satisfies never;
    }
  });

  return {
    open: () =>
      inTurn(async () => {
        const content = await archive.read();
        for (const key of content.runs.keys()) kept.add(key);
        return content;
      }),
    keep(fresh) {
      for (const { config } of fresh) {
        removed.delete(runKey(config));
        kept.delete(runKey(config));
      }
      note();
      return inTurn(async () => {
        const still = fresh.filter(({ config }) => !removed.has(runKey(config)));
        if (await tryToKeep(still)) await look();
      });
    },
    remove(keys) {
      for (const key of keys) removed.add(key);
      return inTurn(async () => {
        await archive.remove(keys);
        for (const key of keys) kept.delete(key);
        note();
      });
    },
    look: () => inTurn(look),
  };
}
