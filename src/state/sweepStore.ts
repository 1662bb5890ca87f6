import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunConfig } from '../core/config.ts';
import { runKey, runOf } from '../core/paperTable.ts';
import { type DatasetName, scenarios } from '../core/scenarios.ts';
import type { RunPool } from '../link/pool.ts';
import { say } from '../texts/say.ts';
import { watchArchive, type RunArchive, type StoredSweep } from './runArchive.ts';
import type { Notice } from './labState.ts';
import {
  changedRows,
  defaultPlan,
  keyOf,
  plannedRuns,
  samePlan,
  sameRuns,
  seedsOf,
  type SweepPlan,
} from './sweepPlan.ts';
import {
  applyPoolEvent,
  nothingActive,
  resumedAt,
  type SweepActions,
  type SweepPhase,
  type SweepState,
  type SweepStore,
} from './sweepState.ts';
import { noticeWords } from './failureWords.ts';
import { isTaken } from './thisBrowser.ts';

const lockName = 'mir-lab-sweep';
/** A page that was just closed may hold the lock a moment longer. */
const patience = 1_500;

/**
 * Makes sure that only one page of this site sweeps at a time: two would do the same runs twice.
 *
 * @returns a function that lets others sweep again; null if another page sweeps now
 */
async function takeSweep(): Promise<(() => void) | null> {
  const locks = (globalThis as { navigator?: Partial<Navigator> }).navigator?.locks;
  if (locks === undefined) return () => {};
  return new Promise((resolve) => {
    locks
      .request(
        lockName,
        { signal: AbortSignal.timeout(patience) },
        () => new Promise<void>((release) => resolve(release)),
      )
      .catch((error: unknown) => resolve(isTaken(error) ? null : () => {}));
  });
}

/** The surroundings of the store. */
interface SweepParts {
  readonly pool: RunPool;
  readonly archive: RunArchive;
  /** Whether the site holds a dataset or the browser keeps it; of `browser` only the latter. */
  readonly hasData: (dataset: DatasetName, where?: 'browser') => Promise<boolean>;
  readonly notify: (tone: Notice['tone'], text: string) => void;
  /** Called when runs begin, so that the lab makes room. */
  readonly onStart: () => void;
  /** Calls `look` whenever it is time to see whether what was kept is still there. */
  readonly everySoOften?: (look: () => Promise<void>) => void;
}

/** Milliseconds between two looks for opened data, and the number of looks. */
const lookInterval = 1_000;
const mostLooks = 600;

function openingState(plan: SweepPlan): SweepState {
  return {
    plan,
    phase: { kind: 'opening' },
    runs: new Map(),
    unkept: new Set(),
    keepingFails: false,
    persisted: null,
    otherVersion: 0,
    unreadable: 0,
    ...nothingActive,
    failures: [],
    backend: null,
    leftOver: null,
    data: { mnist: 'available', cifar10: 'unknown', miniimagenet: 'missing' },
  };
}

/** Whether runs are in flight, held or not. */
export function underWay({ kind }: SweepPhase): boolean {
  return kind === 'running' || kind === 'paused';
}

/**
 * The store of the Experiments view: what to run, what has been run, and the pool that runs it.
 *
 * @param address the plan that the address names; null if it names none
 */
export function createSweepStore(parts: SweepParts, address: SweepPlan | null): StoreApi<SweepStore> {
  const { pool, archive, notify } = parts;
  let opened = false;
  let release: (() => void) | null = null;
  let starting = false;
  /** Counts how often Stop has called off what was starting. */
  let starts = 0;

  function update(change: (state: SweepState) => SweepState): void {
    store.setState((state) => change(state));
  }

  /** Lets the archive remember whether a sweep is under way; a sweep that is blocked can go on another time. */
  function remember(): void {
    const { plan, phase } = store.getState();
    const state = phase.kind === 'running' ? 'running' : 'paused';
    void archive.keepSweep(phase.kind === 'idle' || phase.kind === 'opening' ? null : { plan, state });
  }

  /** A sweep is forgotten once its last run is kept: a page that is closed before does that run again. */
  async function end(): Promise<void> {
    await watch.look();
    if (starting || underWay(store.getState().phase)) return;
    remember();
    release?.();
    release = null;
  }

  /** Runs that can run, are not finished, and have not failed. */
  function toRun(): RunConfig[] {
    const { plan, runs, failures, data } = store.getState();
    const failed = new Set(failures.map(({ config }) => keyOf(config)));
    return plannedRuns(plan).filter((config) => {
      const key = keyOf(config);
      return !runs.has(key) && !failed.has(key) && data[scenarios[config.scenario].dataset] !== 'missing';
    });
  }

  async function begin(): Promise<void> {
    if (toRun().length === 0 || starting) return;
    starting = true;
    const mine = starts;
    const held = release ?? (await takeSweep());
    // Other pages may have finished some of these runs since this one has read what is kept.
    if (held !== null) await watch.look();
    if (mine !== starts) {
      if (held !== release) held?.();
      return;
    }
    starting = false;
    release = held;
    if (held === null) {
      notify('warning', say('notices.otherPageRuns'));
      return;
    }
    const configs = toRun();
    if (configs.length === 0) {
      void end();
      return;
    }
    update((state) => ({ ...state, phase: { kind: 'running' }, backend: null }));
    remember();
    void askToPersist();
    parts.onStart();
    pool.start(configs, store.getState().plan.backend);
  }

  async function askToPersist(): Promise<void> {
    const persisted = await archive.persist();
    update((state) => ({ ...state, persisted }));
  }

  async function findData(plan: SweepPlan): Promise<void> {
    // An own comparison lets the viewer choose among all scenarios.
    const wanted = new Set(
      plan.kind === 'own'
        ? Object.values(scenarios).map(({ dataset }) => dataset)
        : changedRows(plan).map(({ config }) => scenarios[config.scenario].dataset),
    );
    for (const dataset of wanted) {
      if (store.getState().data[dataset] !== 'unknown') continue;
      const found = await parts.hasData(dataset);
      update((state) => ({ ...state, data: { ...state.data, [dataset]: found ? 'available' : 'missing' } }));
    }
  }

  /** Opened data is stored bit by bit, so it takes a while to be there. */
  async function awaitData(dataset: DatasetName): Promise<void> {
    if (store.getState().data[dataset] === 'available') return;
    for (let look = 0; look < mostLooks; look++) {
      if (await parts.hasData(dataset, 'browser')) {
        update((state) => ({ ...state, data: { ...state.data, [dataset]: 'available' } }));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, lookInterval));
    }
  }

  async function readArchive(): Promise<void> {
    const { sweep, runs, otherVersion, unreadable } = await watch.open();
    const { plan } = store.getState();
    const resumes = sweep !== null && (address === null || sameRuns(sweep.plan, plan));
    update((state) => ({
      ...state,
      runs: new Map([...runs, ...state.runs]),
      otherVersion,
      unreadable,
      phase: { kind: 'idle' },
      plan: resumes && !sameRuns(sweep.plan, plan) ? sweep.plan : plan,
      leftOver: resumes ? null : sweep,
    }));
    await findData(store.getState().plan);
    if (resumes) await takeUp(sweep);
  }

  /** Continues a sweep where it was left. */
  async function takeUp(sweep: StoredSweep): Promise<void> {
    if (sweep.state === 'running') await begin();
    else notify('info', say('notices.sweepWasPaused'));
  }

  const actions: SweepActions = {
    open() {
      if (opened) return;
      opened = true;
      void readArchive();
      parts.everySoOften?.(() => watch.look());
    },
    setPlan(plan) {
      const before = store.getState();
      if (samePlan(plan, before.plan)) return;
      if (sameRuns(plan, before.plan)) {
        update((state) => ({ ...state, plan }));
        if (underWay(before.phase)) remember();
        return;
      }
      if (underWay(before.phase)) {
        notify('warning', say('notices.sweepUnderWay'));
        return;
      }
      update((state) => ({
        ...state,
        plan,
        failures: [],
        phase: state.phase.kind === 'blocked' ? { kind: 'idle' } : state.phase,
      }));
      void findData(plan);
    },
    run() {
      const { phase } = store.getState();
      if (phase.kind === 'paused') {
        update((state) => ({ ...resumedAt(state, performance.now()), phase: { kind: 'running' } }));
        pool.resume();
        remember();
        parts.onStart();
      } else if (phase.kind !== 'running') {
        update((state) => ({ ...state, failures: [] }));
        void begin();
      }
    },
    pause() {
      if (store.getState().phase.kind !== 'running') return;
      pool.pause();
      update((state) => ({ ...state, phase: { kind: 'paused' } }));
      remember();
    },
    stop() {
      starts += 1;
      starting = false;
      pool.stop();
      update((state) => ({ ...state, ...nothingActive, phase: { kind: 'idle' } }));
      remember();
      void end();
    },
    tryAgain() {
      const again = store.getState().failures.map(({ config }) => config);
      update((state) => ({ ...state, failures: [] }));
      if (underWay(store.getState().phase)) pool.add(again);
      else void begin();
    },
    clear() {
      const { plan, runs } = store.getState();
      const shown = changedRows(plan).flatMap((row) => seedsOf(plan.seeds).map((seed) => runKey(runOf(row, seed))));
      const gone = new Set(shown.filter((key) => runs.has(key)));
      update((state) => ({ ...state, runs: new Map([...state.runs].filter(([key]) => !gone.has(key))), failures: [] }));
      void watch.remove([...gone]);
    },
    clearOthers() {
      update((state) => ({ ...state, otherVersion: 0, unreadable: 0 }));
      void archive.removeOthers();
    },
    takeIn(runs) {
      const fresh = runs.filter(({ config }) => !store.getState().runs.has(runKey(config)));
      const added = fresh.map((run) => [runKey(run.config), run] as const);
      update((state) => ({
        ...state,
        runs: new Map([...state.runs, ...added]),
        unkept: new Set([...state.unkept, ...added.map(([key]) => key)]),
      }));
      void watch.keep(fresh);
    },
    awaitData: (dataset) => void awaitData(dataset),
    takeLeftOver() {
      const { leftOver } = store.getState();
      if (leftOver === null) return;
      update((state) => ({ ...state, plan: leftOver.plan, leftOver: null, failures: [] }));
      void findData(leftOver.plan).then(begin);
    },
    dropLeftOver() {
      update((state) => ({ ...state, leftOver: null }));
      remember();
    },
  };

  const store = createStore<SweepStore>()(() => ({ ...openingState(address ?? defaultPlan(1)), actions }));
  const watch = watchArchive(
    archive,
    {
      all: () => store.getState().runs,
      add(others) {
        update((state) => ({ ...state, runs: new Map([...others, ...state.runs]) }));
        // What kept this page from running is nobody's concern once another page has done it all.
        if (store.getState().phase.kind === 'blocked' && toRun().length === 0) {
          update((state) => ({ ...state, phase: { kind: 'idle' } }));
          remember();
        }
      },
      drop(keys) {
        const gone = new Set(keys);
        update((state) => ({ ...state, runs: new Map([...state.runs].filter(([key]) => !gone.has(key))) }));
      },
      setUnkept: (unkept, keepingFails) => update((state) => ({ ...state, unkept, keepingFails })),
    },
    notify,
  );
  pool.onEvent((event) => {
    update((state) => {
      const next = applyPoolEvent(state, event, performance.now());
      // No state counts a run as kept that storage does not have yet.
      return event.kind === 'finished'
        ? { ...next, unkept: new Set(state.unkept).add(runKey(event.run.config)) }
        : next;
    });
    if (event.kind === 'finished') void watch.keep([event.run]);
    if (event.kind === 'notice') notify('info', noticeWords(event));
    if (event.kind === 'done' || event.kind === 'blocked') void end();
  });
  return store;
}
