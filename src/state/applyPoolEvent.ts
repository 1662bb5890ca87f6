import { runKey } from '../engine/paperTable.ts';
import type { PoolEvent } from '../worker/runPool.ts';
import type { ActiveRun, SweepState } from './sweepState.ts';

function without(active: SweepState['active'], key: string): Map<string, ActiveRun> {
  return new Map([...active].filter(([other]) => other !== key));
}

/**
 * The state after an event of the pool. Pure.
 *
 * @param now in milliseconds, of any clock that only goes forward
 */
export function applyPoolEvent(state: SweepState, event: PoolEvent, now: number): SweepState {
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
export const nothingActive: Pick<SweepState, 'active' | 'workers' | 'loading'> = { active: new Map(), workers: 0, loading: null };

/** Has the speed of the runs in flight measured from now on, so that a pause does not count. */
export function resumedAt(state: SweepState, now: number): SweepState {
  const active = [...state.active].map(([key, run]) => [key, { ...run, at: now, from: { step: run.step, at: now } }] as const);
  return { ...state, active: new Map(active) };
}
