import type { RunConfig } from '../engine/config.ts';
import { mean } from '../engine/metrics.ts';
import type { StoredRun } from '../engine/storedRun.ts';
import { keyOf, rowKeyOf } from './runKeys.ts';
import type { ActiveRun, SweepState } from './sweepState.ts';

/** How far a sweep is. */
export interface SweepProgress {
  readonly total: number;
  /** Finished or failed. */
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
function rowSeconds(planned: readonly RunConfig[], { runs, active, backend }: Pick<SweepState, 'runs' | 'active' | 'backend'>): Map<string, number> {
  const measured = new Map<string, number[]>();
  const add = (config: RunConfig, seconds: number) => measured.set(rowKeyOf(config), [...(measured.get(rowKeyOf(config)) ?? []), seconds]);
  const finished = planned.flatMap((config) => runs.get(keyOf(config)) ?? []);
  for (const run of finished) if (backend === null || run.backend === backend.name) add(run.config, run.seconds);
  for (const run of active.values()) {
    const seconds = foreseen(run);
    if (seconds !== null && !measured.has(rowKeyOf(run.config))) add(run.config, seconds);
  }
  return new Map([...measured].map(([key, seconds]) => [key, mean(seconds)]));
}

/**
 * How far the runs of a plan are, and how long the rest takes. Rows differ in cost, so that each counts with
 * its own; a row that has not begun counts with the mean of the others.
 */
export function sweepProgress(
  planned: readonly RunConfig[],
  state: Pick<SweepState, 'runs' | 'active' | 'failures' | 'workers' | 'backend'>,
): SweepProgress {
  const failed = new Set(state.failures.map(({ config }) => keyOf(config)));
  const isDone = (config: RunConfig) => state.runs.has(keyOf(config)) || failed.has(keyOf(config));
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
    done: planned.filter(isDone).length,
    fraction: total === 0 ? 0 : 1 - left / total,
    secondsPerRun: finished.length === 0 ? null : mean(finished.map(({ seconds }) => seconds)) / workers,
    secondsLeft: usual === null ? null : left / Math.min(workers, Math.max(1, planned.length)),
  };
}
