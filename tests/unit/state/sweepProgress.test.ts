import { describe, expect, it } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import { type ActiveRun, sweepProgress } from '../../../src/state/sweepState.ts';
import { finishedRun } from './finishedRun.ts';

const config = (seed: number, method: 'er' | 'er-mir' = 'er') => finishedRun({ seed, method }).config;
const planned = [config(0), config(0, 'er-mir'), config(1), config(1, 'er-mir')];
const nothing = { runs: new Map(), active: new Map(), failures: [], workers: 0, backend: null };
const finished = (...runs: ReturnType<typeof finishedRun>[]) => new Map(runs.map((run) => [runKey(run.config), run]));
const active = (run: ActiveRun) => new Map([[runKey(run.config), run]]);

describe('how far a sweep is', () => {
  it('knows nothing of time before the first sign of speed', () => {
    expect(sweepProgress(planned, nothing)).toEqual({
      total: 4,
      done: 0,
      fraction: 0,
      secondsPerRun: null,
      secondsLeft: null,
    });
    expect(sweepProgress([], nothing)).toMatchObject({ total: 0, fraction: 0 });
  });

  it('lets each row count with its own cost', () => {
    const runs = finished(
      finishedRun({ seed: 0 }, { seconds: 2 }),
      finishedRun({ seed: 0, method: 'er-mir' }, { seconds: 6 }),
    );
    const one = sweepProgress(planned, { ...nothing, runs, workers: 1 });
    expect(one).toMatchObject({ done: 2, fraction: 0.5, secondsPerRun: 4, secondsLeft: 8 });
    expect(sweepProgress(planned, { ...nothing, runs, workers: 2 })).toMatchObject({
      secondsPerRun: 2,
      secondsLeft: 4,
    });
  });

  it('foresees a run in flight by its speed since it was resumed', () => {
    // 10 steps in 1 s, of 40: 4 s a run, 15 of 40 steps done.
    const run: ActiveRun = {
      config: config(0),
      step: 15,
      totalSteps: 40,
      preparing: null,
      at: 9_000,
      from: { step: 5, at: 8_000 },
    };
    const progress = sweepProgress(planned, { ...nothing, active: active(run), workers: 1 });
    expect(progress.secondsLeft).toBeCloseTo(4 * (3 + 25 / 40), 9);
    expect(progress.fraction).toBeCloseTo(15 / 40 / 4, 9);
  });

  it('counts failed runs as done, and other backends’ times not at all', () => {
    const failures = [{ config: config(1), failure: { name: 'Error', message: 'x', stack: '' } }];
    expect(sweepProgress(planned, { ...nothing, failures })).toMatchObject({ done: 1, fraction: 0.25 });
    const runs = finished(finishedRun({ seed: 0 }, { seconds: 100, backend: 'cpu' }));
    const backend = { name: 'wasm', device: '', hardware: false, passedOver: [] } as const;
    expect(sweepProgress(planned, { ...nothing, runs, backend }).secondsLeft).toBeNull();
  });
});
