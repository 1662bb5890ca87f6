import type { StoreApi } from 'zustand/vanilla';
import { delMany, getMany, keys, setMany, type UseStore } from 'idb-keyval';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { say } from '../../texts/say.ts';
import type { LabState, ShownRun, RunView } from '../labState.ts';
import type { LabStore } from '../store.ts';
import { type KeptEntry, type KeptRun, keptRun, sameConfig, readEntry } from './keptRun.ts';
import type { ExperimentConfig } from '../../core/config.ts';
import { storageWords } from '../failureWords.ts';
import { BrowserStore, storageFault, StorageFaults } from '../../link/browserStore.ts';

/** Milliseconds between two times that a playing run is kept. */
const keepInterval = 3_000;

/** The surroundings of the keeper. */
interface KeeperParts {
  /** What the list says of a run so far. */
  readonly known: (id: string) => KeptEntry | undefined;
  /** When the latest of all runs was kept. */
  readonly latest: () => number;
  readonly keep: (run: KeptRun) => void;
}

/**
 * Keeps the lab's runs as they go, from the first step on: every few seconds while one plays, at once when it halts or
 * ends, and when the viewer goes on to another.
 *
 * @returns a function that keeps what is not kept yet, for when the page may be about to go
 */
export function keepRuns(lab: StoreApi<LabStore>, parts: KeeperParts): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let keptAt = Number.NEGATIVE_INFINITY;
  /** What was kept last, to keep nothing twice. */
  let kept: { readonly id: string; readonly shown: ShownRun; readonly left: boolean } | null = null;
  let keptCheckpoint: Checkpoint | null = null;

  function keep(state: LabState, leaves: boolean): void {
    clearTimeout(timer);
    timer = undefined;
    const { id, shown, phase } = state;
    // The result of a run that is finished is all of it.
    const checkpoint = phase.kind === 'finished' ? null : state.checkpoint;
    if (shown === null || shown.step === 0) return;
    // What is only looked at does not come back by itself.
    const left = leaves || phase.kind === 'kept' || phase.kind === 'imported';
    const sameRun = kept?.id === id;
    const sameCheckpoint = sameRun && keptCheckpoint === checkpoint;
    if (sameRun && kept?.shown === shown && kept.left === left && sameCheckpoint) return;
    kept = { id, shown, left };
    keptCheckpoint = checkpoint;
    keptAt = performance.now();
    const now = Date.now();
    const entry = parts.known(id);
    // The older ones make room and come back last. A clock that was set back makes nothing old that is new.
    const about = {
      begun: entry?.begun ?? now,
      keptAt: Math.max(now, parts.latest() + 1),
      left,
      pinned: entry?.pinned ?? false,
    };
    parts.keep({ ...keptRun(state, shown, about), ...(sameCheckpoint ? {} : { checkpoint }) });
  }

  lab.subscribe((state, before) => {
    if (state.id !== before.id) keep(before, true);
    if (state.shown === before.shown && state.phase === before.phase && state.checkpoint === before.checkpoint) return;
    if (state.id === before.id && state.checkpoint !== before.checkpoint) keep(state, false);
    const halted = state.phase.kind !== 'playing' && state.phase.kind !== 'loading';
    if (halted && (state.phase.kind !== before.phase.kind || state.id !== before.id)) keep(state, false);
    else
      timer ??= setTimeout(() => keep(lab.getState(), false), Math.max(0, keptAt + keepInterval - performance.now()));
  });
  return () => keep(lab.getState(), false);
}

/** How the page was opened. */
export interface PageOpening {
  /** The configuration that the address names; null if it names none. */
  readonly config: ExperimentConfig | null;
  /** The run that this page showed before it was loaded again; null if it was opened afresh. */
  readonly reloaded: string | null;
}

/**
 * The runs that may come back when the page is opened, the first choice first: what a page that is loaded again has
 * shown, and else runs whose page was closed while they were under way, and that can go on. An address that names a
 * configuration brings back that configuration only.
 */
export function comebacks(entries: readonly KeptEntry[], { config, reloaded }: PageOpening): KeptEntry[] {
  const fitting = entries.filter((entry) => config === null || sameConfig(entry.config, config));
  // Beside an imported run the address names the page's own configuration.
  const own = [...fitting, ...entries.filter(({ fileName }) => fileName !== null)].filter(({ id }) => id === reloaded);
  const closed = fitting
    .filter(({ id, left, finished, checkpoint }) => id !== reloaded && !left && !finished && checkpoint !== null)
    .sort((one, other) => other.keptAt - one.keptAt);
  return [...own.slice(0, 1), ...closed.slice(0, 2)];
}

/** Something that can be taken back. */
export type UndoStep =
  /** Back to a run that was shown. */
  | { readonly kind: 'run'; readonly words: string; readonly view: RunView }
  /** Back to a configuration whose run had taken no step. */
  | { readonly kind: 'fresh'; readonly words: string; readonly view: Pick<LabState, 'config' | 'backendChoice'> }
  /** Back into the list. */
  | { readonly kind: 'deleted'; readonly words: string; readonly content: KeptRun };

/** The most steps that can be taken back. */
const mostSteps = 20;

/** The most steps that keep their checkpoint, which can be large. */
const mostCheckpoints = 4;

export function withStep(steps: readonly UndoStep[], step: UndoStep): readonly UndoStep[] {
  const earlier = steps.slice(1 - mostSteps).map((old, index, all): UndoStep => {
    if (old.kind !== 'run' || index > all.length - mostCheckpoints) return old;
    return { ...old, view: { ...old.view, checkpoint: null } };
  });
  return [...earlier, step];
}

/** What took a run's place, in words that go on "Back to the run before …". */
function changeWords(before: LabState, after: LabState): string {
  if (after.phase.kind === 'imported') return say('notices.before.import');
  const { config: old } = before;
  const { config } = after;
  if (after.phase.kind === 'finished' || after.phase.kind === 'kept') return say('notices.before.shown');
  if (old.scenario !== config.scenario) return say('notices.before.scenario');
  if (old.lanes.length < config.lanes.length) return say('notices.before.laneAdded');
  if (old.lanes.length > config.lanes.length) return say('notices.before.laneRemoved');
  if (old.lanes.join() !== config.lanes.join()) return say('notices.before.method');
  const sameButSeed = JSON.stringify({ ...old, seed: 0 }) === JSON.stringify({ ...config, seed: 0 });
  if (!sameButSeed) return say('notices.before.settings');
  if (old.seed !== config.seed) return say('notices.before.seed');
  return before.backendChoice === after.backendChoice
    ? say('notices.before.freshStart')
    : say('notices.before.backend');
}

/** A run as it can be shown again once another has taken its place; null if it had taken no step. */
function viewAgain({
  id,
  config,
  backendChoice,
  taskImages,
  checkpoint,
  asked,
  shown,
  phase,
}: LabState): RunView | null {
  if (shown === null || shown.step === 0) return null;
  const common = { id, config, backendChoice, taskImages, checkpoint, asked, shown };
  switch (phase.kind) {
    case 'finished':
    case 'failed':
    case 'imported':
    case 'kept':
      return { ...common, phase };
    case 'loading':
    case 'paused':
    case 'playing':
    case 'lost':
      return { ...common, phase: { kind: shown.step === shown.totalSteps ? 'finished' : 'kept' } };
    default:
      return phase satisfies never;
  }
}

/** The step that takes back a change from one run to another; null if nothing changed that anybody would miss. */
export function undoStep(before: LabState, after: LabState): UndoStep | null {
  if (before.id === '' || before.id === after.id) return null;
  const words = changeWords(before, after);
  const view = viewAgain(before);
  if (view !== null) return { kind: 'run', words: say('notices.backToRun', { words }), view };
  const same = JSON.stringify(before.config) === JSON.stringify(after.config);
  if (same && before.backendChoice === after.backendChoice && after.phase.kind === 'loading') return null;
  const { config, backendChoice } = before;
  return { kind: 'fresh', words: say('notices.backToBefore', { words }), view: { config, backendChoice } };
}

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
  const problem = storageWords(error);
  return storageFault(error) === 'full' ? say('notices.deleteSome', { problem }) : problem;
}

/**
 * Opens the archive in the browser's storage (IndexedDB).
 *
 * @param onForbidden takes a sentence for the viewer when something could not be kept, again only after it could, and when
 *   the browser has cleared what was
 * @param onKept takes such a sentence once it no longer holds
 */
export function openKeptRunArchive(
  onForbidden: (text: string) => void,
  onKept: (text: string) => void = () => {},
): KeptRunArchive {
  const store = new BrowserStore('mir-lab-kept-runs', 'runs');
  const faults = new StorageFaults((error) => {
    const text = say('notices.runsNotKept', { reason: reasonOf(error) });
    onForbidden(text);
    return text;
  }, onKept);
  /** Runs that are not stored yet, or could not be. */
  const unstored = new Map<string, KeptRun>();
  /** The run that was kept last, whole, in case the browser clears what it keeps. */
  let latest: KeptRun | null = null;
  /** Whether anything was ever stored. */
  let everStored = false;
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('mir-lab-kept-runs');

  async function reading<T, E>(action: (open: UseStore) => Promise<T>, otherwise: E, writes = false): Promise<T | E> {
    try {
      return await store.use(async (open) => {
        const answer = await action(open);
        faults.worked(writes);
        return answer;
      });
    } catch (error) {
      faults.failed(error);
      return otherwise;
    }
  }

  /** Writes. What is written counts even if storage is late to say so. */
  async function writing(action: (open: UseStore) => Promise<void>): Promise<void> {
    const write = async (open: UseStore) => {
      await action(open);
      everStored = true;
      channel?.postMessage('changed');
    };
    await reading(write, undefined, true);
  }

  /** Stores a run; `before` is what was to be kept of it earlier. */
  async function put(whole: KeptRun, before: KeptRun | null): Promise<void> {
    const { id } = whole.entry;
    await writing(async (open) => {
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
      if (unstored.get(id) === whole) unstored.delete(id);
    });
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
