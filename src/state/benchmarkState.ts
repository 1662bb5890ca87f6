import type { BenchmarkTiming, SubjectName } from '../engine/benchmark/benchmarkTiming.ts';
import type { BackendReport } from '../engine/events.ts';
import type { BenchmarkReport } from '../worker/benchmarkProtocol.ts';
import type { Failure, LoadProgress } from '../worker/protocol.ts';
import type { BenchmarkPlan } from './benchmarkAddress.ts';

/** Where a benchmark stands. */
export type BenchmarkPhase =
  | { readonly kind: 'idle' }
  /** Backend and data are on their way. */
  | { readonly kind: 'starting'; readonly loading: LoadProgress | null }
  | { readonly kind: 'timing'; readonly subject: SubjectName; readonly done: number; readonly total: number }
  | { readonly kind: 'finished' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface BenchmarkState {
  readonly plan: BenchmarkPlan;
  readonly phase: BenchmarkPhase;
  /** What the timings are from; null before the first benchmark. */
  readonly backend: BackendReport | null;
  /** Of the latest benchmark, in the order in which they came. */
  readonly timings: readonly BenchmarkTiming[];
}

export interface BenchmarkActions {
  /** Ignored while a benchmark runs. */
  setPlan(plan: BenchmarkPlan): void;
  run(): void;
  /** What has been timed stays. */
  cancel(): void;
}

export type BenchmarkStore = BenchmarkState & { readonly actions: BenchmarkActions };

/** Whether a benchmark runs. */
export function isBenchmarking({ kind }: BenchmarkPhase): boolean {
  return kind === 'starting' || kind === 'timing';
}

/** The state after a report of the worker. */
export function applyBenchmarkReport(state: BenchmarkState, report: BenchmarkReport): BenchmarkState {
  switch (report.kind) {
    case 'loading':
      return { ...state, phase: { kind: 'starting', loading: report.progress } };
    case 'started':
      return { ...state, backend: report.backend };
    case 'progress': {
      const { subject, done, total } = report;
      return { ...state, phase: { kind: 'timing', subject, done, total } };
    }
    case 'timed':
      return { ...state, timings: [...state.timings, report.timing] };
    case 'finished':
      return { ...state, phase: { kind: 'finished' } };
    case 'failed':
      return { ...state, phase: { kind: 'failed', failure: report.failure } };
    case 'notice':
      return state;
    default:
      return report satisfies never;
  }
}
