import { expect, it } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import { defaultPlan } from '../../../src/state/sweepPlan.ts';
import { applyPoolEvent, nothingActive, type SweepState } from '../../../src/state/sweepState.ts';
import { finishedRun } from './finishedRun.ts';

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
