import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ExperimentConfig } from '../../core/config.ts';
import { say } from '../../texts/say.ts';
import type { RunView, ShownRun } from '../labState.ts';
import type { LabStore } from '../store.ts';
import {
  comebacks,
  type PageOpening,
  keepRuns,
  type UndoStep,
  undoStep,
  withStep,
  type KeptRunArchive,
} from './keepRuns.ts';
import {
  exportedRun,
  importedRun,
  type KeptEntry,
  mostRuns,
  surplus,
  surplusCheckpoints,
  viewOf,
  sameConfig,
} from './keptRun.ts';
import type { RunLock } from '../thisBrowser.ts';
import { failureWords } from '../failureWords.ts';

/** A run that is drawn behind the present one. */
interface Overlay {
  readonly id: string;
  readonly shown: ShownRun;
}

/** What the region "Runs" shows. */
export interface RunsState {
  readonly open: boolean;
  /** The newest first. */
  readonly entries: readonly KeptEntry[];
  readonly overlay: Overlay | null;
  /** The last one is taken back first. */
  readonly undoSteps: readonly UndoStep[];
}

/** The viewer's actions. */
export interface RunsActions {
  setOpen(open: boolean): void;
  /** Shows a kept run in the lab, as it was. */
  show(id: string): void;
  /** Draws a kept run behind the present one, or no longer. */
  overlay(id: string): void;
  setPinned(id: string, pinned: boolean): void;
  remove(id: string): void;
  /** Every kept run, as a file has it. */
  exported(): Promise<object[]>;
  /** Keeps the runs of such a file, but those that are here; gives how many were taken, known, and not readable. */
  takeIn(values: readonly unknown[]): Promise<Record<'taken' | 'known' | 'unreadable', number>>;
  /** Takes the latest change back. */
  undo(): void;
  /** Shows again what such a step leads back to, which is itself a change that can be taken back. */
  backTo(step: UndoStep): void;
  /** Takes it back only if that leads from another configuration to this one; says whether it did. */
  undoTo(config: ExperimentConfig): boolean;
}

export type RunsStore = RunsState & { readonly actions: RunsActions };

/** The surroundings of the store. */
interface RunsParts {
  readonly lab: StoreApi<LabStore>;
  readonly archive: KeptRunArchive;
  readonly lock: RunLock;
  readonly opening: PageOpening;
  /** Remembers, for as long as the browser's tab lives, which run it shows; null for none that is kept. */
  readonly remember: (id: string | null) => void;
  /** Calls `listener` when the page may be about to go. */
  readonly onHide?: (listener: () => void) => void;
  /** Calls a function every so often while the page is looked at, and when it is looked at again. */
  readonly everySoOften?: (look: () => void) => void;
}

/** Milliseconds that a page which was just closed may hold its run still. */
const patience = 1_500;

const byBegin = (one: KeptEntry, other: KeptEntry) => other.begun - one.begun;

/** The store of the runs that are not lost: it keeps what the lab runs, and takes changes back. */
export function createRunsStore(parts: RunsParts): StoreApi<RunsStore> {
  const { lab, archive, lock } = parts;
  /** While the store itself changes the run, no step is made of it. */
  let quiet = false;
  /** What to say once a run that comes back is ready. */
  let welcome: { readonly id: string; readonly words: string } | null = null;
  /** The run that this page holds. */
  let held = '';
  let toldOfSurplus = false;
  let opened = false;
  const isOpen = () => opened;
  const labActions = () => lab.getState().actions;

  function update(change: (state: RunsState) => Partial<RunsState>): void {
    store.setState((state) => change(state));
  }

  function withEntry(entry: KeptEntry): void {
    update(({ entries }) => ({ entries: [entry, ...entries.filter(({ id }) => id !== entry.id)].sort(byBegin) }));
  }

  function trim(): void {
    for (const entry of surplusCheckpoints(store.getState().entries)) {
      withEntry({ ...entry, checkpoint: null });
      void archive.keepEntry({ ...entry, checkpoint: null });
    }
    const gone = surplus(store.getState().entries, lab.getState().id).map(({ id }) => id);
    if (gone.length === 0) return;
    update(({ entries }) => ({ entries: entries.filter(({ id }) => !gone.includes(id)) }));
    void archive.remove(gone);
    if (toldOfSurplus) return;
    toldOfSurplus = true;
    labActions().notify('info', say('notices.oldestMadeRoom', { count: mostRuns }));
  }

  /** Reads what is kept, with what other pages have kept meanwhile; says whether storage answered. */
  async function list(): Promise<boolean> {
    const listed = await archive.list();
    if (listed === null) return false;
    update(({ entries }) => {
      // The present run may not have reached the storage yet.
      const own = entries.filter(({ id }) => id === lab.getState().id);
      const others = listed.filter(({ id }) => id !== own.at(0)?.id);
      return { entries: [...own, ...others].sort(byBegin) };
    });
    return true;
  }

  /** Reads what is kept when the page is opened; again later, where a busy browser's storage does not answer in time. */
  async function open(): Promise<void> {
    if (isOpen()) return;
    const answered = await list();
    // Another call may have been quicker.
    if (!answered || isOpen()) return;
    opened = true;
    await comeBack();
  }

  /** Shows again what the page showed before it was closed or loaded again, and says so. */
  async function comeBack(): Promise<void> {
    const untouched = () => {
      const { run, phase, shown } = lab.getState();
      const waits = phase.kind === 'paused' || (phase.kind === 'loading' && !phase.playWhenReady);
      return run === 1 && waits && (shown === null || shown.step === 0);
    };
    for (const entry of comebacks(store.getState().entries, parts.opening)) {
      if (!(await lock.hold(entry.id, patience))) continue;
      held = entry.id;
      const view = await read(entry.id);
      const { backendChoice } = lab.getState();
      // An address that names a backend asks for a run on that one.
      if (view === null || (backendChoice !== 'auto' && backendChoice !== view.shown.backend?.name)) continue;
      if (!untouched()) return;
      quietly(() => bringBack(view));
      return;
    }
  }

  function bringBack(view: RunView): void {
    const { id, shown, checkpoint, phase, onceRight = [] } = view;
    const lab = labActions();
    if (phase.kind !== 'kept') {
      lab.showRun(view);
      return;
    }
    if (checkpoint !== null) {
      lab.continueRun(id, { shown, checkpoint, onceRight });
      welcome = { id, words: say('notices.backAtEnd', { task: checkpoint.task }) };
      return;
    }
    parts.remember(null);
    lab.notify('info', say('notices.beginsAgain', { step: shown.step }));
  }

  /** Reads a kept run; says so if it can no longer be read. */
  async function read(id: string): Promise<RunView | null> {
    const content = await archive.read(id);
    const view = content && viewOf(content);
    if (view !== null) return view;
    update(({ entries }) => ({ entries: entries.filter((entry) => entry.id !== id) }));
    labActions().notify('warning', say('notices.runGone'));
    return null;
  }

  async function show(id: string): Promise<void> {
    const view = await read(id);
    if (view !== null) labActions().showRun(view);
  }

  async function toggleOverlay(id: string): Promise<void> {
    const shown = store.getState().overlay?.id === id ? null : ((await read(id))?.shown ?? null);
    update(() => ({ overlay: shown && { id, shown } }));
  }

  async function remove(id: string): Promise<void> {
    const content = await archive.read(id);
    update(({ entries, overlay, undoSteps }) => ({
      entries: entries.filter((entry) => entry.id !== id),
      overlay: overlay?.id === id ? null : overlay,
      undoSteps:
        content === null
          ? undoSteps
          : withStep(undoSteps, { kind: 'deleted', words: say('notices.bringBack'), content }),
    }));
    await archive.remove([id]);
  }

  async function takeIn(values: readonly unknown[]): Promise<Record<'taken' | 'known' | 'unreadable', number>> {
    const counts = { taken: 0, known: 0, unreadable: 0 };
    for (const value of values) {
      const run = importedRun(value);
      const isHere = run !== null && store.getState().entries.some(({ id }) => id === run.entry.id);
      counts[run === null ? 'unreadable' : isHere ? 'known' : 'taken'] += 1;
      if (run === null || isHere) continue;
      withEntry(run.entry);
      await archive.keep(run);
    }
    trim();
    return counts;
  }

  const actions: RunsActions = {
    setOpen(open) {
      update(() => ({ open }));
      if (open) void list();
    },
    show: (id) => void show(id),
    overlay: (id) => void toggleOverlay(id),
    setPinned(id, pinned) {
      const entry = store.getState().entries.find((known) => known.id === id);
      if (entry === undefined) return;
      withEntry({ ...entry, pinned });
      void archive.keepEntry({ ...entry, pinned });
    },
    remove: (id) => void remove(id),
    async exported() {
      await list();
      const runs = await Promise.all(store.getState().entries.map(({ id }) => archive.read(id)));
      return runs.flatMap((run) => (run === null ? [] : exportedRun(run)));
    },
    takeIn,
    undoTo,
    backTo: (step) => takeBack(step),
    undo() {
      const step = store.getState().undoSteps.at(-1);
      if (step === undefined) return;
      update(({ undoSteps }) => ({ undoSteps: undoSteps.slice(0, -1) }));
      quietly(() => takeBack(step));
    },
  };

  function undoTo(config: ExperimentConfig): boolean {
    const step = store.getState().undoSteps.at(-1);
    if (step === undefined || step.kind === 'deleted') return false;
    if (sameConfig(lab.getState().config, config) || !sameConfig(step.view.config, config)) return false;
    actions.undo();
    return true;
  }

  function quietly(act: () => void): void {
    quiet = true;
    try {
      act();
    } finally {
      quiet = false;
    }
  }

  function takeBack(step: UndoStep): void {
    switch (step.kind) {
      case 'run':
        labActions().showRun(step.view);
        break;
      case 'fresh': {
        const { config, backendChoice } = step.view;
        if (lab.getState().backendChoice !== backendChoice) labActions().setBackend(backendChoice);
        if (sameConfig(lab.getState().config, config)) labActions().startAgain();
        else labActions().setExperiment(config);
        break;
      }
      case 'deleted':
        withEntry(step.content.entry);
        void archive.keep(step.content);
        break;
      default:
        step satisfies never;
    }
  }

  const store = createStore<RunsStore>()(() => ({ open: false, entries: [], overlay: null, undoSteps: [], actions }));

  const keepNow = keepRuns(lab, {
    known: (id) => store.getState().entries.find((entry) => entry.id === id),
    latest: () => Math.max(0, ...store.getState().entries.map(({ keptAt }) => keptAt)),
    keep(run) {
      withEntry(run.entry);
      void archive.keep(run);
      trim();
      const { id } = run.entry;
      if (id !== lab.getState().id) return;
      parts.remember(id);
      if (held === id) return;
      held = id;
      void lock.hold(id, patience);
    },
  });
  parts.onHide?.(() => {
    keepNow();
    void archive.keepAgain();
  });
  parts.everySoOften?.(() => {
    void archive.keepAgain();
    void open();
  });
  archive.onChange(() => void list());
  lab.subscribe((state, before) => {
    const step = quiet ? null : undoStep(before, state);
    if (step !== null) update(({ undoSteps }) => ({ undoSteps: withStep(undoSteps, step) }));
    // A new run of an imported configuration is trained to be compared with it.
    const { id, shown, phase } = before;
    const trains = state.id !== id && state.phase.kind === 'loading';
    if (trains && phase.kind === 'imported' && shown !== null && sameConfig(state.config, shown.config))
      update(() => ({ overlay: { id, shown } }));
  });
  lab.subscribe((state, before) => {
    if (state.id !== before.id)
      parts.remember(store.getState().entries.some(({ id }) => id === state.id) ? state.id : null);
    const { phase, shown, id, config, backendChoice, taskImages } = state;
    if (welcome?.id === id && phase.kind === 'paused') {
      const { words } = welcome;
      welcome = null;
      labActions().notify('info', words);
    }
    if (phase.kind !== 'failed' || phase === before.phase || phase.failure.name !== 'CheckpointError') return;
    if (shown === null) return;
    labActions().notify('warning', failureWords(phase.failure));
    const view = { id, config, backendChoice, taskImages, shown, checkpoint: null };
    quietly(() => labActions().showRun({ ...view, phase: { kind: 'kept' } }));
  });
  void open();
  return store;
}
