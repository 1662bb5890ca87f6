import { delMany, getMany, keys, setMany, type UseStore } from 'idb-keyval';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { BrowserStore, errorName, storageProblem } from '../../link/browserStore.ts';
import { say } from '../../texts/say.ts';
import { type KeptEntry, type KeptRun, readEntry } from './keptRun.ts';

/**
 * The runs of the lab that this browser keeps, each under a name of its own, so that pages that are open at the same
 * time do not overwrite each other. Where storage is forbidden, full or silent, runs last until the page is closed; no
 * method ever fails, and none takes longer than the time limit of storage.
 */
export interface KeptRunArchive {
  /** What is kept, without the runs' content; null if storage does not answer. */
  list(): Promise<readonly KeptEntry[] | null>;
  read(id: string): Promise<KeptRun | null>;
  /** Keeps a run, all of it or nothing. */
  keep(run: KeptRun): Promise<void>;
  /** Tries again to store what could not be stored. */
  keepAgain(): Promise<void>;
  /** Changes what the list says of a run; drops its checkpoint if it says that there is none. */
  keepEntry(entry: KeptEntry): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** Calls `listener` when another page of this site has changed what is kept. */
  onChange(listener: () => void): void;
}

const entryPrefix = 'entry:';
const entryKey = (id: string) => `${entryPrefix}${id}`;
const fileKey = (id: string) => `file:${id}`;
const confusionsKey = (id: string) => `confusions:${id}`;
const checkpointKey = (id: string) => `checkpoint:${id}`;

function reasonOf(error: unknown): string {
  const problem = storageProblem(error);
  return errorName(error) === 'QuotaExceededError' ? say('notices.deleteSome', { problem }) : problem;
}

/**
 * Opens the archive in the browser's storage (IndexedDB).
 *
 * @param onForbidden takes a sentence for the viewer when something could not be kept, again only after it could, and when
 *   the browser has cleared what was
 */
export function openKeptRunArchive(onForbidden: (text: string) => void): KeptRunArchive {
  const store = new BrowserStore('mir-lab-kept-runs', 'runs');
  let told = false;
  /** Runs that are not stored yet, or could not be. */
  const unstored = new Map<string, KeptRun>();
  /** The run that was kept last, whole, in case the browser clears what it keeps. */
  let latest: KeptRun | null = null;
  /** Whether anything was ever stored. */
  let everStored = false;
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('mir-lab-kept-runs');

  function tell(error: unknown): void {
    if (told) return;
    told = true;
    onForbidden(say('notices.runsNotKept', { reason: reasonOf(error) }));
  }

  async function reading<T, E>(action: (open: UseStore) => Promise<T>, otherwise: E): Promise<T | E> {
    try {
      return await store.use(action);
    } catch (error) {
      tell(error);
      return otherwise;
    }
  }

  /** Writes; says whether it could. */
  async function writing(action: (open: UseStore) => Promise<void>): Promise<boolean> {
    const written = await reading(async (open) => {
      await action(open);
      return true;
    }, false);
    if (written) {
      told = false;
      everStored = true;
      channel?.postMessage('changed');
    }
    return written;
  }

  /** Stores a run; `before` is what was to be kept of it earlier. */
  async function put(whole: KeptRun, before: KeptRun | null): Promise<void> {
    const { id } = whole.entry;
    const written = await writing(async (open) => {
      const cleared = everStored && before !== null && (await keys(open)).length === 0;
      const { entry, file, confusions, checkpoint } = cleared ? { ...before, ...whole } : whole;
      await setMany(
        [
          [entryKey(id), entry],
          [fileKey(id), file],
          [confusionsKey(id), confusions],
          ...(checkpoint === undefined ? [] : [[checkpointKey(id), checkpoint] as [IDBValidKey, unknown]]),
        ],
        open,
      );
      if (cleared) onForbidden(say('notices.storageCleared'));
    });
    if (written && unstored.get(id) === whole) unstored.delete(id);
  }

  async function keepAgain(): Promise<void> {
    await Promise.all([...unstored.values()].map((run) => put(run, latest?.entry.id === run.entry.id ? latest : null)));
  }

  return {
    list: async () => {
      const stored = await reading(async (open) => {
        const all = await keys<IDBValidKey>(open);
        const ofEntries = all.filter((key) => typeof key === 'string' && key.startsWith(entryPrefix));
        return await getMany<unknown>(ofEntries, open);
      }, null);
      if (stored === null) return null;
      const entries = stored.flatMap((value) => readEntry(value) ?? []).filter(({ id }) => !unstored.has(id));
      return [...entries, ...[...unstored.values()].map(({ entry }) => entry)];
    },
    async read(id) {
      const known = unstored.get(id);
      if (known && known.checkpoint !== undefined) return known;
      const keysOfRun = [entryKey(id), fileKey(id), checkpointKey(id), confusionsKey(id)];
      const [stored, file, checkpoint, confusions] = await reading((open) => getMany<unknown>(keysOfRun, open), []);
      const entry = readEntry(stored);
      if (known) return { ...known, checkpoint: (checkpoint as Checkpoint | undefined) ?? null };
      if (entry === null || typeof file !== 'object' || file === null) return null;
      return { entry, file, confusions, checkpoint: (checkpoint as Checkpoint | undefined) ?? null };
    },
    async keep(run) {
      const { entry, file, confusions } = run;
      const before = unstored.get(entry.id)?.checkpoint;
      const { checkpoint = before } = run;
      const whole: KeptRun = { entry, file, confusions, ...(checkpoint === undefined ? {} : { checkpoint }) };
      unstored.set(entry.id, whole);
      const same = latest?.entry.id === entry.id ? latest : null;
      latest = { ...whole, ...(checkpoint === undefined && same?.checkpoint ? { checkpoint: same.checkpoint } : {}) };
      await put(whole, same);
    },
    keepAgain,
    async keepEntry(entry) {
      const known = unstored.get(entry.id);
      if (known) {
        const changed = { ...known, entry, ...(entry.checkpoint === null ? { checkpoint: null } : {}) };
        unstored.set(entry.id, changed);
        await put(changed, null);
      } else
        await writing((open) =>
          setMany(
            [
              [entryKey(entry.id), entry],
              ...(entry.checkpoint === null ? [[checkpointKey(entry.id), null] as [IDBValidKey, unknown]] : []),
            ],
            open,
          ),
        );
    },
    async remove(ids) {
      for (const id of ids) unstored.delete(id);
      if (latest !== null && ids.includes(latest.entry.id)) latest = null;
      await writing((open) =>
        delMany(
          ids.flatMap((id) => [entryKey(id), fileKey(id), checkpointKey(id), confusionsKey(id)]),
          open,
        ),
      );
    },
    onChange(listener) {
      channel?.addEventListener('message', listener);
    },
  };
}
