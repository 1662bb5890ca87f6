import type { BenchmarkTiming, SubjectName } from '../engine/benchmark/benchmarkTiming.ts';
import type { BackendReport } from '../engine/events.ts';
import type { BackendChoice, Failure, LoadProgress } from './protocol.ts';

/** What the page asks of a benchmark's worker, once; to cancel, it ends the worker. */
export interface BenchmarkCommand {
  readonly kind: 'run';
  readonly subjects: readonly SubjectName[];
  /** Steps to time of each; null for each subject's own number. */
  readonly steps: number | null;
  readonly backend: BackendChoice;
}

/** What the worker tells the page. */
export type BenchmarkReport =
  | { readonly kind: 'loading'; readonly progress: LoadProgress }
  /** The backend is there. */
  | { readonly kind: 'started'; readonly backend: BackendReport }
  /** A subject is being timed: steps done of each contestant, 0 while everything warms up. */
  | { readonly kind: 'progress'; readonly subject: SubjectName; readonly done: number; readonly total: number }
  | { readonly kind: 'timed'; readonly timing: BenchmarkTiming }
  | { readonly kind: 'finished' }
  /** What was timed before stays. */
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** What could not be kept: a sentence for the page. */
  | { readonly kind: 'notice'; readonly text: string };
