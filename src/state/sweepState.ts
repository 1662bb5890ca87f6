import type { RunConfig } from '../engine/config.ts';
import type { BackendReport } from '../engine/events.ts';
import type { DatasetName } from '../engine/scenarios/scenario.ts';
import type { StoredRun } from '../engine/storedRun.ts';
import type { Failure, LoadProgress } from '../worker/protocol.ts';
import type { StoredSweep } from './archivedRuns.ts';
import type { SweepPlan } from './sweepPlan.ts';

/** A run that a worker is at. */
export interface ActiveRun {
  readonly config: RunConfig;
  readonly step: number;
  readonly totalSteps: number;
  /** How much of its work on a whole task, before the next step, its method has done, 0 … 1; null while it takes steps. */
  readonly preparing: number | null;
  /** Milliseconds at which it was last heard of. */
  readonly at: number;
  /** Where its speed is measured from: its first step, or the one at which it was resumed. */
  readonly from: { readonly step: number; readonly at: number };
}

/** A run that failed, and why. */
export interface FailedRun {
  readonly config: RunConfig;
  readonly failure: Failure;
}

export type SweepPhase =
  /** What the browser keeps is being read. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'paused' }
  /** No run could start, for a reason that all share. */
  | { readonly kind: 'blocked'; readonly failure: Failure };

/** Whether a dataset is there to run on. */
export type DataState = 'unknown' | 'available' | 'missing';

/** Everything that the Experiments view shows. */
export interface SweepState {
  /** What Run runs, and what the table shows. */
  readonly plan: SweepPlan;
  readonly phase: SweepPhase;
  /** Finished runs of this version of the engine, by run key: of this plan and of others. */
  readonly runs: ReadonlyMap<string, StoredRun>;
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

/** What a viewer can do. */
export interface SweepActions {
  /** Reads what the browser keeps, once, and goes on with the sweep that was running when the page was last closed. */
  open(): void;
  /** Changes the plan; refused while a sweep is under way. */
  setPlan(plan: SweepPlan): void;
  /** Starts the runs of the plan that are not finished yet, failed ones too, or resumes them. */
  run(): void;
  pause(): void;
  /** Abandons the runs in flight; what is finished stays. */
  stop(): void;
  /** Runs again what failed. */
  tryAgain(): void;
  /** Forgets the finished runs that the shown table is made of. */
  clear(): void;
  /** Forgets runs of other versions of the engine, and what is no run. */
  clearOthers(): void;
  /** Looks for a dataset that the viewer has opened, until the browser keeps the whole of it. */
  awaitData(dataset: DatasetName): void;
  /** Takes over the plan of the sweep that was left under way, and goes on with it. */
  takeLeftOver(): void;
  dropLeftOver(): void;
}

/** The store that the Experiments view reads. */
export type SweepStore = SweepState & { readonly actions: SweepActions };
