import type { RunConfig } from '../engine/config.ts';
import type { BackendReport } from '../engine/events.ts';
import type { StoredRun } from '../engine/storedRun.ts';
import type { BackendChoice, Failure, LoadProgress } from './protocol.ts';

/** Numbers the runs that a pool gives out, from 1. */
export type JobId = number;

/** What the pool asks of one of its workers. */
export type SweepCommand =
  /** The first command: `lifeline` names the lock that the worker holds for as long as it lives. */
  | { readonly kind: 'begin'; readonly lifeline: string }
  /** Trains one run to its end; the worker must be free. */
  | { readonly kind: 'run'; readonly job: JobId; readonly config: RunConfig; readonly backend: BackendChoice }
  /** Holds the run between two steps, or in mid-evaluation, until `resume`. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' };

/** Where a run failed: before its first step, as every other run would here, or while it trained. */
export type FailureStage = 'setup' | 'training';

/** What a worker tells the pool. */
export type SweepReport =
  /** It holds its lifeline. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'loading'; readonly job: JobId; readonly progress: LoadProgress }
  /** Backend and data are there; training begins. */
  | { readonly kind: 'started'; readonly job: JobId; readonly backend: BackendReport; readonly totalSteps: number }
  /** At most four a second. `preparing`: see PoolEvent. */
  | { readonly kind: 'progress'; readonly job: JobId; readonly step: number; readonly preparing: number | null }
  | { readonly kind: 'finished'; readonly job: JobId; readonly run: StoredRun }
  | { readonly kind: 'failed'; readonly job: JobId; readonly stage: FailureStage; readonly failure: Failure }
  /** What could not be kept: a sentence for the page. */
  | { readonly kind: 'notice'; readonly text: string };
