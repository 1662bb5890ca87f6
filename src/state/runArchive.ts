import { createStore, del, delMany, entries, get, set, type UseStore } from 'idb-keyval';
import { runKey } from '../engine/paperTable.ts';
import type { StoredRun } from '../engine/storedRun.ts';
import { engineVersion } from '../engine/version.ts';
import { type ArchivedRuns, archivedRuns, type StoredSweep, storedSweepSchema } from './archivedRuns.ts';

/** The runs that this browser keeps, and the sweep under way. Where storage is forbidden it keeps nothing; it never fails. */
export interface RunArchive {
  read(): Promise<ArchivedRuns & { readonly sweep: StoredSweep | null }>;
  keep(run: StoredRun): Promise<void>;
  keepSweep(sweep: StoredSweep | null): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** Removes what does not count: runs of other versions, and what is no run. */
  removeOthers(): Promise<void>;
}

const sweepKey = 'sweep';

function reasonOf(error: unknown): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : String(error);
  return name === 'QuotaExceededError' ? "the browser's storage is full" : `the browser does not let this page store anything (${name})`;
}

/**
 * Opens the archive in the browser's storage (IndexedDB).
 *
 * @param onForbidden takes a sentence for the viewer, at most once, when something could not be kept
 */
export function openRunArchive(onForbidden: (text: string) => void): RunArchive {
  let stores: { readonly runs: UseStore; readonly sweep: UseStore } | null = null;
  let told = false;

  async function attempt<T>(action: (open: NonNullable<typeof stores>) => Promise<T>, otherwise: T): Promise<T> {
    try {
      stores ??= { runs: createStore('mir-lab-runs', 'runs'), sweep: createStore('mir-lab-sweep', 'sweep') };
      return await action(stores);
    } catch (error) {
      if (!told) onForbidden(`Finished runs cannot be kept here: ${reasonOf(error)}. They last until this page is closed; export the table before.`);
      told = true;
      return otherwise;
    }
  }

  const nothing = { ...archivedRuns([], engineVersion), sweep: null };
  return {
    read: () =>
      attempt(async ({ runs, sweep }) => {
        const stored = storedSweepSchema.safeParse(await get(sweepKey, sweep));
        return { ...archivedRuns(await entries(runs), engineVersion), sweep: stored.success ? stored.data : null };
      }, nothing),
    keep: (run) => attempt(({ runs }) => set(runKey(run.config), run, runs), undefined),
    keepSweep: (value) => attempt(({ sweep }) => (value === null ? del(sweepKey, sweep) : set(sweepKey, value, sweep)), undefined),
    remove: (keys) => attempt(({ runs }) => delMany([...keys], runs), undefined),
    removeOthers: () =>
      attempt(async ({ runs }) => {
        const all = await entries<IDBValidKey, unknown>(runs);
        const counted = archivedRuns(all, engineVersion).runs;
        await delMany(all.map(([key]) => key).filter((key) => typeof key !== 'string' || !counted.has(key)), runs);
      }, undefined),
  };
}
