import { runKey } from '../core/paperTable.ts';
import type { StoredRun } from '../core/storedRun.ts';
import { say } from '../texts/say.ts';
import type { Notice } from './labState.ts';
import type { ArchiveContent, RunArchive } from './runArchive.ts';

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
    for (const [key] of here) if (found.has(key)) kept.add(key);
    const others = [...found].filter((key) => !kept.has(key) && !removed.has(key));
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
    // What is no run of this version is not read again.
    for (const key of keys) if (!removed.has(key)) kept.add(key);
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
