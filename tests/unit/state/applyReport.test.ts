import { describe, expect, it } from 'vitest';
import { defaultExperiment } from '../../../src/core/config.ts';
import type { PageEvent, Report } from '../../../src/link/protocol.ts';
import { applyLink, applyReport } from '../../../src/state/applyReport.ts';
import type { LabState } from '../../../src/state/labState.ts';
import { smallCounts as counts, smallRun, smallStart, smallState as state, smallTrace } from './smallRun.ts';

const events = (...list: PageEvent[]): Report => ({ kind: 'events', run: 3, events: list, stepsPerSecond: 42 });
const failure = { name: 'Error', message: 'The device was lost.', stack: '' };

function shownAfter(...list: PageEvent[]) {
  const { shown } = applyReport(state, events(...list));
  if (shown === null) throw new Error('A run is shown.');
  return shown;
}

it('takes no notice of another run', () => {
  for (const run of [2, 4]) {
    expect(applyReport(state, { ...events({ kind: 'stepped', step: 13, task: 2 }), run } as Report)).toBe(state);
    expect(applyReport(state, { kind: 'failed', run, failure })).toBe(state);
    expect(applyReport(state, { kind: 'playing', run, playing: false })).toBe(state);
  }
});

describe('events', () => {
  it('are added to their lanes, in order, and leave the other lanes alone', () => {
    const shown = shownAfter(
      { kind: 'progress', lane: 1, step: 3, losses: [1.5, 1.25], counts, replacedLatents: 2 },
      { kind: 'traced', lane: 1, ...smallTrace, step: 13 },
      { kind: 'progress', lane: 1, step: 4, losses: [1], counts, replacedLatents: 3 },
      { kind: 'retrievalChanged', lane: 1, step: 12, retrieval: 'mir' },
      { kind: 'stepped', step: 13, task: 2 },
    );
    expect(shown.lanes[0]).toBe(smallRun.lanes[0]);
    expect(shown.lanes[1]).toEqual({
      ...smallRun.lanes[1],
      losses: [2.3, 1.5, 1.25, 1],
      counts,
      replacedLatents: 3,
      trace: { ...smallTrace, step: 13 },
    });
    expect(shown.changes).toEqual([...smallRun.changes, { lane: 1, step: 12, retrieval: 'mir' }]);
    expect([shown.step, shown.task]).toEqual([13, 2]);
    expect(smallRun.lanes[1].losses).toEqual([2.3]);
  });

  it('that touch no lane keep the lanes the same object', () => {
    expect(shownAfter({ kind: 'stepped', step: 13, task: 2 }).lanes).toBe(smallRun.lanes);
  });

  it('show how far an evaluation is, until it is done', () => {
    expect(shownAfter({ kind: 'evaluating', step: 20, done: 250, total: 1_000 }).evaluating).toBe(0.25);
    expect(shownAfter({ kind: 'evaluating', step: 20, done: 1_000, total: 1_000 }).evaluating).toBeNull();
  });

  it('show how far a lane is with a whole task, until it is done or the first step is taken', () => {
    const preparing = (done: number): PageEvent => ({ kind: 'preparing', lane: 1, step: 20, done, total: 8 });
    expect(shownAfter(preparing(2)).preparing).toEqual({ lane: 1, done: 0.25 });
    expect(shownAfter(preparing(2), preparing(8)).preparing).toBeNull();
    expect(shownAfter(preparing(2), { kind: 'stepped', step: 21, task: 3 }).preparing).toBeNull();
    expect(
      applyReport({ ...state, shown: shownAfter(preparing(2)) }, { kind: 'failed', run: 3, failure }).shown?.preparing,
    ).toBeNull();
  });

  it('keep the latest images that a decoder gave back', () => {
    const samples = [{ label: 1, task: 1 }];
    const rebuilt = (step: number): PageEvent => ({
      kind: 'reconstructed',
      lane: 0,
      step,
      samples,
      pictures: { originals: new Uint8Array([step]), reconstructions: new Uint8Array([9]) },
    });
    const shown = shownAfter(rebuilt(13), rebuilt(14));
    expect(shown.lanes[0].reconstructions).toEqual({
      step: 14,
      samples,
      pictures: { originals: new Uint8Array([14]), reconstructions: new Uint8Array([9]) },
    });
    expect(shown.lanes[1].reconstructions).toBeNull();
  });

  it('say which steps run directly on the graphics card', () => {
    const directSteps = ['The step "er mir" runs directly: its inputs have had more than 30 shapes.'];
    const told: PageEvent = {
      kind: 'progress',
      lane: 0,
      step: 13,
      losses: [1],
      counts,
      replacedLatents: 0,
      directSteps,
    };
    const quiet: PageEvent = { kind: 'progress', lane: 1, step: 13, losses: [1], counts, replacedLatents: 0 };
    expect(smallRun.backend).not.toBeNull();
    expect(shownAfter(told, quiet).backend).toEqual({ ...smallRun.backend, directSteps });
    expect(shownAfter(quiet).backend).toBe(smallRun.backend);
  });

  it('say why a lane stopped', () => {
    const stop = { what: 'loss', step: 13, setting: 'learningRate', value: 0.1, smaller: 0.01 } as const;
    const shown = shownAfter({ kind: 'laneStopped', lane: 0, step: 13, reason: 'The loss is not finite.', stop });
    expect(shown.lanes.map(({ stopped }) => stopped)).toEqual(['The loss is not finite.', smallRun.lanes[1].stopped]);
  });

  it('of a start replace the run, and what came before it in the same report', () => {
    const shown = shownAfter(
      { kind: 'progress', lane: 0, step: 13, losses: [9], counts, replacedLatents: 0 },
      smallStart,
      { kind: 'stepped', step: 1, task: 1 },
    );
    expect(shown).toMatchObject({
      totalSteps: 500,
      step: 1,
      changes: [],
      imageShape: [6, 6, 1],
      data: { name: 'Fashion-MNIST from your files' },
      backend: smallRun.backend,
    });
    expect(shown.lanes.map(({ losses, evaluations, trace }) => [losses, evaluations, trace])).toEqual([
      [[], [], null],
      [[], [], null],
    ]);
    expect(shown.lanes[1].retrieval).toBe('random');
  });

  it('before any start show nothing', () => {
    const blank = { ...state, config: defaultExperiment, shown: null };
    expect(applyReport(blank, events({ kind: 'stepped', step: 1, task: 1 })).shown).toBeNull();
  });

  it('end the run with the last one', () => {
    const after = applyReport(state, events({ kind: 'finished', results: [null, null] }));
    expect([after.phase.kind, after.stepsPerSecond]).toEqual(['finished', 0]);
    expect(applyReport(after, { kind: 'playing', run: 3, playing: false }).phase.kind).toBe('finished');
  });

  it('are cheap to add to a long run', () => {
    const losses = Array.from({ length: 100_000 }, () => 1);
    let long: LabState = {
      ...state,
      shown: { ...smallRun, lanes: smallRun.lanes.map((lane) => ({ ...lane, losses })) },
    };
    const began = performance.now();
    for (let i = 0; i < 100; i++) {
      const list = [0, 1].map(
        (lane): PageEvent => ({
          kind: 'progress',
          lane,
          step: i,
          losses: Array<number>(20).fill(1),
          counts,
          replacedLatents: 0,
        }),
      );
      long = applyReport(long, events(...list));
    }
    expect((performance.now() - began) / 100).toBeLessThan(50);
    expect(long.shown?.lanes[1].losses).toHaveLength(102_000);
  });
});

describe('phases', () => {
  it('pause and play', () => {
    const paused = applyReport(state, { kind: 'playing', run: 3, playing: false });
    expect([paused.phase.kind, paused.stepsPerSecond]).toEqual(['paused', 0]);
    expect(applyReport(paused, { kind: 'playing', run: 3, playing: true }).phase.kind).toBe('playing');
  });

  it('show how far loading is, and remember Play', () => {
    const loading: LabState = { ...state, phase: { kind: 'loading', progress: null, playWhenReady: true } };
    const progress = { what: 'MNIST', loaded: 1, total: 2 };
    expect(applyReport(loading, { kind: 'loading', run: 3, progress }).phase).toEqual({
      kind: 'loading',
      progress,
      playWhenReady: true,
    });
    const finished: LabState = { ...state, phase: { kind: 'finished' } };
    expect(applyReport(finished, { kind: 'loading', run: 3, progress })).toBe(finished);
    const waiting = applyReport({ ...state, phase: { kind: 'playing' } }, { kind: 'loading', run: 3, progress });
    expect(waiting.phase).toEqual({ kind: 'playing', fetching: progress });
    const trained = applyReport(waiting, { kind: 'events', run: 3, events: [], stepsPerSecond: 2 });
    expect(trained.phase).toEqual({ kind: 'playing' });
  });

  it('says while a run is got ready that the graphics card is prepared, and takes it back', () => {
    const loading: LabState = { ...state, phase: { kind: 'loading', progress: null, playWhenReady: false } };
    const preparing = applyReport(loading, { kind: 'preparingCard', run: 3, preparing: true });
    expect(preparing.phase).toEqual({ ...loading.phase, preparesCard: true });
    const prepared = applyReport(preparing, { kind: 'preparingCard', run: 3, preparing: false });
    expect(prepared.phase).toEqual({ ...loading.phase, preparesCard: false });
    expect(applyReport(state, { kind: 'preparingCard', run: 3, preparing: true })).toBe(state);
  });

  it('keep what was shown when a run fails', () => {
    const failed = applyReport(state, { kind: 'failed', run: 3, failure });
    expect(failed.phase).toEqual({ kind: 'failed', failure });
    expect(failed.shown?.lanes).toBe(smallRun.lanes);
  });

  it('come back when a lost worker answers', () => {
    const lost = applyLink(state, { kind: 'lost', failure });
    expect(lost.phase).toEqual({ kind: 'lost', failure, before: { kind: 'playing' } });
    expect(applyLink(lost, { kind: 'lost', failure })).toBe(lost);
    expect(applyLink(lost, { kind: 'answering' }).phase).toEqual({ kind: 'playing' });
    const imported: LabState = { ...state, phase: { kind: 'imported', fileName: 'a.json' } };
    expect(applyLink(imported, { kind: 'lost', failure })).toBe(imported);
    expect(applyLink(state, { kind: 'answering' })).toBe(state);
  });
});

it('shows the same sentence once', () => {
  const notice: Report = { kind: 'notice', text: 'Storage is full.' };
  const once = applyReport(state, notice);
  expect(once.notices).toEqual([{ id: 1, tone: 'info', text: 'Storage is full.', action: null }]);
  expect(applyReport(once, notice)).toBe(once);
  expect(applyReport(once, { kind: 'dataRefused', failure }).notices.map(({ id, tone }) => [id, tone])).toEqual([
    [1, 'info'],
    [2, 'error'],
  ]);
});
