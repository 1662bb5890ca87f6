import { createStore, type StoreApi } from 'zustand/vanilla';
import type { RunConfig } from '../core/config.ts';
import type { BackendReport } from '../core/events.ts';
import { mean } from '../core/metrics.ts';
import { runKey } from '../core/paperTable.ts';
import type { DatasetName } from '../core/scenarios.ts';
import type { StoredRun } from '../core/storedRun.ts';
import type { PoolEvent } from '../link/pool.ts';
import type { Failure, LoadProgress } from '../link/protocol.ts';
import type { StoredSweep } from './runArchive.ts';
import { keyOf, rowKeyOf, type SweepPlan } from './sweepPlan.ts';

/** The current run of a worker. */
export interface ActiveRun {
  readonly config: RunConfig;
  readonly step: number;
  readonly totalSteps: number;
  /**
   * The share of its work on a whole task that its method has done before the next step, 0 … 1; null while it takes
   * steps.
   */
  readonly preparing: number | null;
  /** Milliseconds at which it was last heard of. */
  readonly at: number;
  /** The start of the measurement of its speed: its first step, or the step at which it was resumed. */
  readonly from: { readonly step: number; readonly at: number };
}

/** A run that failed, and why. */
export interface FailedRun {
  readonly config: RunConfig;
  readonly failure: Failure;
}

export type SweepPhase =
  /** The runs that the browser keeps are being read. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'paused' }
  /** No run could start, for a reason that all runs share. */
  | { readonly kind: 'blocked'; readonly failure: Failure };

/** Whether a dataset is there to run on. */
type DataState = 'unknown' | 'available' | 'missing';

/** Everything that the Experiments view shows. */
export interface SweepState {
  /** The plan that Run runs and the table shows. */
  readonly plan: SweepPlan;
  readonly phase: SweepPhase;
  /** Finished runs of this version of the engine, by run key: of this plan and of others. */
  readonly runs: ReadonlyMap<string, StoredRun>;
  /** Keys of finished runs that only this page has: storage does not have them yet, or could not keep them. */
  readonly unkept: ReadonlySet<string>;
  /** Whether storage could not keep them when it was last asked to. */
  readonly keepingFails: boolean;
  /** Whether the browser has promised not to delete what is kept; null while it has not been asked. */
  readonly persisted: boolean | null;
  readonly otherVersion: number;
  readonly unreadable: number;
  /** By run key. */
  readonly active: ReadonlyMap<string, ActiveRun>;
  readonly failures: readonly FailedRun[];
  readonly backend: BackendReport | null;
  readonly workers: number;
  readonly loading: LoadProgress | null;
  /** A sweep that was left under way, with another plan than the one shown. */
  readonly leftOver: StoredSweep | null;
  readonly data: Readonly<Record<DatasetName, DataState>>;
}

/** What the events of a pool change. */
export type PoolState = Pick<SweepState, 'phase' | 'runs' | 'active' | 'failures' | 'backend' | 'workers' | 'loading'>;

/** The viewer's actions. */
export interface SweepActions {
  /**
   * Reads the runs that the browser keeps, once, and goes on with the sweep that was running when the page was last
   * closed.
   */
  open(): void;
  /** Changes the plan; refused while a sweep is under way. */
  setPlan(plan: SweepPlan): void;
  /** Starts the runs of the plan that are not finished yet, including failed ones, or resumes them. */
  run(): void;
  pause(): void;
  /** Abandons the runs in flight; finished ones stay. */
  stop(): void;
  /** Runs again what failed. */
  tryAgain(): void;
  /** Forgets the finished runs that the shown table is made of. */
  clear(): void;
  /** Forgets runs of other versions of the engine, and entries that are not runs. */
  clearOthers(): void;
  /** Takes in finished runs of a file, and keeps them. */
  takeIn(runs: readonly StoredRun[]): void;
  /** Looks for a dataset that the viewer has opened, until the browser keeps all of it. */
  awaitData(dataset: DatasetName): void;
  /** Takes over the plan of the sweep that was left under way, and goes on with it. */
  takeLeftOver(): void;
  dropLeftOver(): void;
}

/** The store that the Experiments view reads. */
export type SweepStore = SweepState & { readonly actions: SweepActions };

/** How far a sweep is. */
export interface SweepProgress {
  readonly total: number;
  /** Finished and kept, or failed; what storage refuses counts as well. */
  readonly done: number;
  /** Of the work, runs in flight included: 0 … 1. */
  readonly fraction: number;
  /** Wall time per run, all workers together; null before the first run has finished. */
  readonly secondsPerRun: number | null;
  /** Null before the first sign of speed. */
  readonly secondsLeft: number | null;
}

/** Seconds that a run in flight will have taken, by its speed so far; null before it has any. */
function foreseen({ step, totalSteps, at, from }: ActiveRun): number | null {
  const perStep = (at - from.at) / 1_000 / (step - from.step);
  return step > from.step ? totalSteps * perStep : null;
}

/** Seconds that a run of each row takes: by its finished runs on this backend, or else by its runs in flight. */
function rowSeconds(
  planned: readonly RunConfig[],
  { runs, active, backend }: Pick<SweepState, 'runs' | 'active' | 'backend'>,
): Map<string, number> {
  const measured = new Map<string, number[]>();
  const add = (config: RunConfig, seconds: number) =>
    measured.set(rowKeyOf(config), [...(measured.get(rowKeyOf(config)) ?? []), seconds]);
  const finished = planned.flatMap((config) => runs.get(keyOf(config)) ?? []);
  for (const run of finished) if (backend === null || run.backend === backend.name) add(run.config, run.seconds);
  for (const run of active.values()) {
    const seconds = foreseen(run);
    if (seconds !== null && !measured.has(rowKeyOf(run.config))) add(run.config, seconds);
  }
  return new Map([...measured].map(([key, seconds]) => [key, mean(seconds)]));
}

/**
 * How far the runs of a plan are, and how long the rest takes. Rows differ in cost, so each counts with its own; a row
 * that has not begun counts with the mean of the others.
 */
export function sweepProgress(
  planned: readonly RunConfig[],
  state: Pick<SweepState, 'runs' | 'active' | 'failures' | 'workers' | 'backend'> &
    Partial<Pick<SweepState, 'unkept' | 'keepingFails'>>,
): SweepProgress {
  const failed = new Set(state.failures.map(({ config }) => keyOf(config)));
  const isDone = (config: RunConfig) => state.runs.has(keyOf(config)) || failed.has(keyOf(config));
  const isKept = (config: RunConfig) => state.keepingFails === true || state.unkept?.has(keyOf(config)) !== true;
  const costs = rowSeconds(planned, state);
  const usual = costs.size > 0 ? mean([...costs.values()]) : null;
  const cost = (config: RunConfig) => costs.get(rowKeyOf(config)) ?? usual ?? 1;
  const share = (config: RunConfig) => {
    if (isDone(config)) return 1;
    const run = state.active.get(keyOf(config));
    return run === undefined || run.totalSteps === 0 ? 0 : run.step / run.totalSteps;
  };
  const total = planned.reduce((sum, config) => sum + cost(config), 0);
  const left = planned.reduce((sum, config) => sum + cost(config) * (1 - share(config)), 0);
  const workers = Math.max(1, state.workers);
  const finished = planned.flatMap((config): StoredRun[] => {
    const run = state.runs.get(keyOf(config));
    return run === undefined ? [] : [run];
  });
  return {
    total: planned.length,
    done: planned.filter((config) => isDone(config) && isKept(config)).length,
    fraction: total === 0 ? 0 : 1 - left / total,
    secondsPerRun: finished.length === 0 ? null : mean(finished.map(({ seconds }) => seconds)) / workers,
    secondsLeft: usual === null ? null : left / Math.min(workers, Math.max(1, planned.length)),
  };
}

function without(active: SweepState['active'], key: string): Map<string, ActiveRun> {
  return new Map([...active].filter(([other]) => other !== key));
}

/**
 * The state after an event of the pool. Pure.
 *
 * @param now in milliseconds, of any clock that only goes forward
 */
export function applyPoolEvent<State extends PoolState>(state: State, event: PoolEvent, now: number): State {
  switch (event.kind) {
    case 'workers':
      return { ...state, workers: event.count };
    case 'backend':
      return { ...state, backend: event.backend };
    case 'loading':
      return { ...state, loading: event.progress.loaded < event.progress.total ? event.progress : null };
    case 'progress': {
      const { config, step, totalSteps, preparing } = event;
      const from = state.active.get(runKey(config))?.from ?? { step, at: now };
      const run: ActiveRun = { config, step, totalSteps, preparing, at: now, from };
      return { ...state, loading: null, active: new Map(state.active).set(runKey(config), run) };
    }
    case 'finished': {
      const key = runKey(event.run.config);
      return { ...state, active: without(state.active, key), runs: new Map(state.runs).set(key, event.run) };
    }
    case 'failed': {
      const { config, failure } = event;
      return {
        ...state,
        active: without(state.active, runKey(config)),
        failures: [...state.failures, { config, failure }],
      };
    }
    case 'blocked':
      return { ...state, ...nothingActive, phase: { kind: 'blocked', failure: event.failure } };
    case 'done':
      return { ...state, ...nothingActive, phase: { kind: 'idle' } };
    case 'notice':
      return state;
    default:
      return event satisfies never;
  }
}

/** What is so while no run is in flight. */
export const nothingActive: Pick<SweepState, 'active' | 'workers' | 'loading'> = {
  active: new Map(),
  workers: 0,
  loading: null,
};

/** Starts measuring the speed of the runs in flight anew, so that a pause does not count. */
export function resumedAt(state: SweepState, now: number): SweepState {
  const active = [...state.active].map(
    ([key, run]) => [key, { ...run, at: now, from: { step: run.step, at: now } }] as const,
  );
  return { ...state, active: new Map(active) };
}

/** What only tells how far a sweep is. */
const tellsHowFar: ReadonlySet<string> = new Set<keyof SweepState>(['runs', 'active', 'unkept']);

/**
 * What the view shows of a sweep: how far it is a few times a second, and everything else at once. Small runs end ten
 * times a second and more, and to draw tables and charts for each takes the processor that trains.
 *
 * @param interval milliseconds between two looks at a sweep under way
 */
export function shownSweep(sweep: StoreApi<SweepStore>, interval = 300): StoreApi<SweepStore> {
  const shown = createStore<SweepStore>()(() => sweep.getState());
  let latest = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function look(): void {
    clearTimeout(timer);
    timer = undefined;
    latest = performance.now();
    shown.setState(sweep.getState(), true);
  }
  sweep.subscribe((state) => {
    const before = shown.getState();
    const atOnce =
      state.phase.kind !== 'running' ||
      Object.entries(state).some(
        ([part, value]) => !tellsHowFar.has(part) && !Object.is(Reflect.get(before, part), value),
      );
    const wait = latest + interval - performance.now();
    if (atOnce || wait <= 0) look();
    else timer ??= setTimeout(look, wait);
  });
  return shown;
}
