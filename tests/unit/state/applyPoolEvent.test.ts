import { afterEach, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { runKey } from '../../../src/core/paperTable.ts';
import { defaultPlan } from '../../../src/state/sweepPlan.ts';
import {
  applyPoolEvent,
  nothingActive,
  shownSweep,
  type SweepActions,
  type SweepState,
  type SweepStore,
} from '../../../src/state/sweepState.ts';
import { finishedRun } from './finishedRun.ts';

afterEach(() => vi.useRealTimers());

const { config } = finishedRun({ method: 'ae-er' });
const state: SweepState = {
  plan: defaultPlan('figure-4'),
  phase: { kind: 'running' },
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
  data: { mnist: 'available', cifar10: 'available', miniimagenet: 'missing' },
};

it('keeps of a run in flight how far it has prepared a task, until it takes steps again', () => {
  const told = (preparing: number | null, step: number, before: SweepState, now: number) =>
    applyPoolEvent(before, { kind: 'progress', config, step, totalSteps: 40, preparing }, now);
  const started = told(null, 0, state, 1_000);
  const preparing = told(0.4, 0, started, 3_000);
  expect(preparing.active.get(runKey(config))).toEqual({
    config,
    step: 0,
    totalSteps: 40,
    preparing: 0.4,
    at: 3_000,
    from: { step: 0, at: 1_000 },
  });
  expect(told(null, 1, preparing, 4_000).active.get(runKey(config))).toMatchObject({ step: 1, preparing: null });
});

it('shows how far a sweep is a few times a second, up to the last run, and all else at once', () => {
  vi.useFakeTimers();
  const sweep = createStore<SweepStore>()(() => ({ ...state, actions: {} as SweepActions }));
  const shown = shownSweep(sweep, 300);
  const counts: (readonly [number, number])[] = [];
  const begun = performance.now();
  shown.subscribe(({ runs }) => counts.push([performance.now() - begun, runs.size]));
  const finish = (seed: number) =>
    sweep.setState((before) =>
      applyPoolEvent(before, { kind: 'finished', run: finishedRun({ method: 'er', seed }) }, performance.now()),
    );
  for (let seed = 0; seed < 40; seed++) {
    finish(seed);
    vi.advanceTimersByTime(25);
  }
  // Runs end at 0, 25 … 975 ms.
  expect(counts).toEqual([
    [0, 1],
    [300, 12],
    [600, 24],
    [900, 36],
  ]);
  vi.advanceTimersByTime(1_000);
  expect(counts.slice(4)).toEqual([[1_200, 40]]);

  finish(40);
  finish(41);
  expect(shown.getState().runs.size).toBe(41);
  sweep.setState({ failures: [{ config, failure: { name: 'Error', message: 'It failed.', stack: '' } }] });
  expect(shown.getState()).toBe(sweep.getState());
  finish(42);
  expect(shown.getState().runs.size).toBe(42);
  sweep.setState({ phase: { kind: 'idle' } });
  expect(shown.getState().runs.size).toBe(43);
  sweep.setState({ runs: new Map() });
  expect(shown.getState().runs.size).toBe(0);
  const told = counts.length;
  vi.advanceTimersByTime(1_000);
  expect(counts).toHaveLength(told);
});
