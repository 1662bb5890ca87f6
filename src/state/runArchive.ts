import { createStore, del, delMany, entries, get, set, type UseStore } from 'idb-keyval';
import { z } from 'zod';
import { runKey } from '../core/paperTable.ts';
import { engineVersion, type StoredRun, storedRunSchema } from '../core/storedRun.ts';
import { sweepPlanSchema } from './sweepPlan.ts';

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

/** The runs that this browser keeps, and the sweep under way. Where storage is forbidden it keeps nothing; it never fails. */
export interface RunArchive {
  read(): Promise<ArchivedRuns & { readonly sweep: StoredSweep | null }>;
  keep(run: StoredRun): Promise<void>;
  keepSweep(sweep: StoredSweep | null): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** Removes entries that do not count: runs of other versions, and entries that are not runs. */
  removeOthers(): Promise<void>;
}

const sweepKey = 'sweep';

function reasonOf(error: unknown): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : String(error);
  return name === 'QuotaExceededError'
    ? "the browser's storage is full"
    : `the browser does not let this page store anything (${name})`;
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
      if (!told)
        onForbidden(
          `Finished runs cannot be kept here: ${reasonOf(error)}. They last until this page is closed; export the table before.`,
        );
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
    keepSweep: (value) =>
      attempt(({ sweep }) => (value === null ? del(sweepKey, sweep) : set(sweepKey, value, sweep)), undefined),
    remove: (keys) => attempt(({ runs }) => delMany([...keys], runs), undefined),
    removeOthers: () =>
      attempt(async ({ runs }) => {
        const all = await entries<IDBValidKey, unknown>(runs);
        const counted = archivedRuns(all, engineVersion).runs;
        await delMany(
          all.map(([key]) => key).filter((key) => typeof key !== 'string' || !counted.has(key)),
          runs,
        );
      }, undefined),
  };
}
