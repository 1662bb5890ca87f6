import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ExperimentConfig } from '../../core/config.ts';
import type { LabState } from '../labState.ts';
import type { RunsStore } from '../runs/runsStore.ts';
import { sameConfig } from '../runs/keptRun.ts';
import { undoStep } from '../runs/keepRuns.ts';
import type { LabStore } from '../store.ts';
import { readHash, lessonIn, withLesson } from '../url.ts';
import { cardMoments, type NamedLesson, readLesson, momentStep, type Prediction } from './lesson.ts';

/** A lesson being gone through. */
export interface OpenLesson {
  readonly kind: 'open';
  readonly lesson: NamedLesson;
  /** The experiment that it speaks of. */
  readonly config: ExperimentConfig;
  /** The card that is shown, from 0. */
  readonly index: number;
  /** What was foreseen, by card. */
  readonly guesses: ReadonlyMap<number, Prediction>;
}

interface LessonState {
  readonly view:
    | { readonly kind: 'closed' }
    /** The lessons to choose from; null until they are there. */
    | { readonly kind: 'list'; readonly lessons: readonly NamedLesson[] | null }
    | OpenLesson;
}

export interface LessonActions {
  /** Shows the lessons to choose from. */
  list(): Promise<void>;
  /**
   * Opens a lesson at its first card, with a run of its own. The run before is kept.
   *
   * @param hash settings that take the place of the lesson's, as an address has them
   */
  open(name: string, hash?: string): Promise<void>;
  /** Shows the next card, and plays the run to its moment. */
  next(): void;
  /** Shows the card before; the run stays where it is. */
  back(): void;
  /** Takes what the viewer foresees, for the question of the present card. */
  guess(prediction: Prediction): void;
  /** Plays on to the moment of the present card. */
  playOn(): void;
  /** Starts the lesson's own experiment again, and plays it to the present card. */
  takeUp(): void;
  /** Closes the lesson, and shows again what was shown before it. */
  leave(): void;
  /** Closes it and leaves the run as it is. */
  end(): void;
}

export type LessonStore = LessonState & { readonly actions: LessonActions };

interface LessonParts {
  readonly lab: StoreApi<LabStore>;
  readonly runs: StoreApi<RunsStore>;
  readonly names: readonly string[];
  readonly fetchLesson: (name: string) => Promise<NamedLesson>;
}

/**
 * The experiment of some settings with others in their place, both as an address has them. The order of classes stays:
 * a lesson's cards call classes by name.
 */
function mergedSettings(own: string, instead: string): string {
  const merged = new URLSearchParams(own.replace(/^#/, ''));
  for (const [key, value] of new URLSearchParams(instead.replace(/^#/, ''))) {
    if (key !== 'lesson' && key !== 'class-order-seed') merged.set(key, value);
  }
  return [...merged].map(([key, value]) => `${key}=${value}`).join('&');
}

/** Whether a run is of the experiment that a lesson speaks of, with whatever seed. */
export function fits(lesson: Pick<OpenLesson, 'config'>, config: ExperimentConfig): boolean {
  return sameConfig({ ...lesson.config, seed: 0 }, { ...config, seed: 0 });
}

/** The step that the present card speaks of; null while the run is not ready, so that its tasks are not known. */
export function presentStep({ lesson, index }: OpenLesson, { shown, phase }: LabState): number | null {
  // A run that is being got ready shows the tasks of the one before.
  if (shown === null || phase.kind === 'loading') return null;
  return momentStep(cardMoments(lesson.cards)[index], shown.tasks);
}

/** The store of the lessons: it leads the run of the lab from card to card. */
export function createLessonStore({ lab, runs, names, fetchLesson }: LessonParts): StoreApi<LessonStore> {
  const labActions = () => lab.getState().actions;
  /** What is shown again once the lesson is left. */
  let before: LabState | null = null;
  /** Whether the run is to be played to the present card as soon as it can be. */
  let waits = false;
  /** Counts what was asked for last, so that an answer that comes too late is dropped. */
  let asked = 0;

  function set(view: LessonState['view']): void {
    store.setState({ view });
  }

  /** Does something to the lesson that is open, if one is. */
  function whenOpen(act: (view: OpenLesson) => void): void {
    const { view } = store.getState();
    if (view.kind === 'open') act(view);
  }

  function start(config: ExperimentConfig): void {
    if (sameConfig(lab.getState().config, config)) labActions().startAgain();
    else labActions().setExperiment(config);
  }

  function playOn(): void {
    waits = true;
    advance();
  }

  function advance(): void {
    if (!waits) return;
    whenOpen((view) => {
      const state = lab.getState();
      if (state.phase.kind !== 'paused' && state.phase.kind !== 'playing') return;
      const step = presentStep(view, state);
      if (step === null) return;
      waits = false;
      if (state.shown === null || state.shown.step >= step) return;
      state.actions.setSpeed(view.lesson.cards[view.index].speed ?? null);
      state.actions.playTo(step);
    });
  }

  async function fetched(lessons: () => Promise<NamedLesson[]>): Promise<NamedLesson[] | null> {
    asked += 1;
    const mine = asked;
    try {
      const found = await lessons();
      return mine === asked ? found : null;
    } catch (error) {
      labActions().notify('warning', error instanceof Error ? error.message : String(error));
      if (mine === asked) actions.end();
      return null;
    }
  }

  const actions: LessonActions = {
    async list() {
      set({ kind: 'list', lessons: null });
      const lessons = await fetched(() => Promise.all(names.map(fetchLesson)));
      if (lessons !== null) set({ kind: 'list', lessons });
    },
    async open(name, hash = '') {
      const lessons = await fetched(async () => [await fetchLesson(name)]);
      const lesson = lessons?.at(0);
      if (lesson === undefined) return;
      const { config, problems } = readHash(mergedSettings(lesson.settings, hash));
      for (const problem of problems) labActions().notify('warning', problem);
      before ??= lab.getState();
      waits = false;
      start(config);
      set({ kind: 'open', lesson, config, index: 0, guesses: new Map() });
    },
    next: () =>
      whenOpen((view) => {
        if (view.index + 1 >= view.lesson.cards.length) return;
        set({ ...view, index: view.index + 1 });
        playOn();
      }),
    back: () =>
      whenOpen((view) => {
        waits = false;
        set({ ...view, index: Math.max(0, view.index - 1) });
      }),
    guess: (prediction) =>
      whenOpen((view) => set({ ...view, guesses: new Map(view.guesses).set(view.index, prediction) })),
    playOn,
    takeUp: () =>
      whenOpen((view) => {
        start(view.config);
        playOn();
      }),
    leave() {
      const shownBefore = before;
      actions.end();
      if (shownBefore === null) return;
      const { config, backendChoice, speed } = shownBefore;
      const fresh = { kind: 'fresh', words: '', view: { config, backendChoice } } as const;
      runs.getState().actions.backTo(undoStep(shownBefore, lab.getState()) ?? fresh);
      labActions().setSpeed(speed);
    },
    end() {
      asked += 1;
      waits = false;
      before = null;
      set({ kind: 'closed' });
    },
  };

  const store = createStore<LessonStore>()(() => ({ view: { kind: 'closed' }, actions }));
  lab.subscribe(advance);
  return store;
}

/** The parts of the browser's window that are used. */
interface AddressBar {
  readonly location: Pick<Location, 'hash'>;
  readonly history: Pick<History, 'replaceState'>;
  addEventListener(type: 'hashchange', listener: () => void): void;
}

/**
 * Keeps the lesson of the address and the one that is open the same: an address that names a lesson opens it, with its
 * settings in the place of the lesson's; one that names none, such as that of "now try", ends it. An address of another
 * view says nothing of lessons.
 *
 * @param opening the part after `#` of the address that the page was opened with, before anything was added to it
 */
export function followLesson(
  store: StoreApi<LessonStore>,
  bar: AddressBar,
  opening: string,
  address: {
    readonly isOther: (hash: string) => boolean;
    /** Reads the settings of an address whose lesson there is not. */
    readonly readSettings: () => void;
  },
): void {
  const { actions } = store.getState();
  const openName = () => {
    const { view } = store.getState();
    return view.kind === 'open' ? view.lesson.name : null;
  };

  function write(): void {
    const { hash } = bar.location;
    if (address.isOther(hash) || lessonIn(hash) === openName()) return;
    bar.history.replaceState(null, '', `#${withLesson(hash, openName())}`);
  }
  async function read(hash: string): Promise<void> {
    if (address.isOther(hash)) return;
    const name = lessonIn(hash);
    if (name === null) {
      if (openName() !== null) actions.end();
      return;
    }
    await actions.open(name, hash);
    write();
    if (openName() === null) address.readSettings();
  }
  store.subscribe((state, before) => {
    if (state.view !== before.view) write();
  });
  bar.addEventListener('hashchange', () => void read(bar.location.hash));
  void read(opening);
}

const files = import.meta.glob<unknown>('./lessons/*.json', { import: 'default' });

function nameOf(path: string): string {
  return path.replace(/^.*\/(\d+-)?/, '').replace(/\.json$/, '');
}

/** The names of all lessons, in the order in which they are offered: that of their files' names. */
export const lessonNames: readonly string[] = Object.keys(files).map(nameOf);

/**
 * Fetches a lesson and checks it.
 *
 * @throws {Error} if it cannot be fetched, or is not as a lesson must be; there is none of this name
 */
export async function fetchLesson(name: string): Promise<NamedLesson> {
  const found = Object.entries(files).find(([path]) => nameOf(path) === name);
  if (found === undefined) throw new Error(`There is no lesson ${name}; there are: ${lessonNames.join(', ')}.`);
  return readLesson(name, await found[1]());
}
