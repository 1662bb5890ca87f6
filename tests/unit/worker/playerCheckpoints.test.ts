import { expect, it, vi } from 'vitest';
import type { Checkpoint } from '../../../src/core/checkpoint.ts';
import { Lane } from '../../../src/engine/lane.ts';
import { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
import type { PageEvent } from '../../../src/link/protocol.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { quiet, playersOfFile, type RecordedPlayer, reportsStep } from './recordedPlayer.ts';

const record = playersOfFile();

const checkpointsOf = ({ reports }: RecordedPlayer) =>
  reports.flatMap((report) => (report.kind === 'checkpoint' ? [report.checkpoint] : []));
/** What a run comes to; what is shown of a step depends on how quick the machine is. */
const measured = (events: readonly PageEvent[]) =>
  events.filter(({ kind }) => kind === 'evaluated' || kind === 'finished' || kind === 'retrievalChanged');

it('hands out a checkpoint at the end of each task, after its last event and before the next', async () => {
  const recorded = record();
  recorded.start(1, { play: true });
  await recorded.finished(1);
  expect(checkpointsOf(recorded).map(({ step, task }) => [step, task])).toEqual(
    [1, 2, 3, 4, 5].map((task) => [10 * task, task]),
  );
  for (const [index, report] of recorded.reports.entries()) {
    if (report.kind !== 'checkpoint') continue;
    const { step } = report.checkpoint;
    const [before, after] = [recorded.reports.slice(0, index), recorded.reports.slice(index)].map((all) =>
      all.flatMap((other) => (other.kind === 'events' ? other.events : [])),
    );
    expect(before.at(-1)).toEqual({ kind: 'stepped', step, task: report.checkpoint.task });
    expect(after.every((event) => !('step' in event) || event.step >= step)).toBe(true);
    expect(after.some(({ kind }) => kind === 'finished')).toBe(true);
  }
});

it('goes on from a checkpoint in another worker, with the retrieval that was chosen, and waits until it is told to', async () => {
  const recorded = record();
  recorded.start(1, { play: true });
  recorded.at(
    (report) => reportsStep(report, 13),
    () => recorded.player.handle({ kind: 'retrieval', run: 1, lane: 0, retrieval: 'mir' }),
  );
  await recorded.finished(1);
  const [, , third] = checkpointsOf(recorded);

  const other = record();
  other.start(1, { from: third });
  await other.paused(1);
  await quiet();
  const [started] = other.eventsOf(1, 'started');
  expect(started.from).toMatchObject({ step: 30, task: 3, lanes: [{ stopped: null }, { stopped: null }] });
  expect(other.events(1)).toHaveLength(1);
  other.player.handle({ kind: 'play', run: 1 });
  await other.finished(1);
  const after = (event: PageEvent) => !('step' in event) || event.step > 30;
  expect(measured(other.events(1))).toEqual(measured(recorded.events(1)).filter(after));
  for (const lane of [0, 1]) expect(other.losses(1, lane)).toEqual(recorded.losses(1, lane).slice(30));
  const retrievals = ({ lanes }: Checkpoint) => lanes.map(({ retrieval }) => retrieval);
  expect(checkpointsOf(other).map(retrievals)).toEqual([
    ['mir', 'mir'],
    ['mir', 'mir'],
  ]);
});

it('hands out all that comes before a checkpoint, also where the device is lost while it is made', async () => {
  let lose: (failure: GraphicsFailure) => void = () => {};
  const recorded = record({
    async startBackend(_choice, onFailure) {
      lose = onFailure;
      return { ...(await startTestBackend('cpu')), name: 'webgpu', hardware: true };
    },
  });
  const measure = Reflect.get(Lane.prototype, 'measured');
  let measurements = 0;
  const spy = vi.spyOn(Lane.prototype, 'measured').mockImplementation(function (this: Lane) {
    measurements += 1;
    // Two lanes: the third time is for the checkpoint of the second task.
    if (measurements === 3) lose(new GraphicsFailure('lost', 'The graphics device was lost.'));
    return measure.call(this);
  });
  recorded.start(1, { play: true, backend: 'auto' });
  await recorded.finished(1);
  spy.mockRestore();
  expect(recorded.eventsOf(1, 'started')[1].from?.step).toBe(20);
  const whole = record();
  whole.start(1, { play: true });
  await whole.finished(1);
  for (const lane of [0, 1]) expect(recorded.losses(1, lane)).toEqual(whole.losses(1, lane));
  expect(measured(recorded.events(1))).toEqual(measured(whole.events(1)));
});

it('says what is wrong with a checkpoint of another experiment', async () => {
  const recorded = record();
  recorded.start(1, { play: true });
  await recorded.until(({ kind }) => kind === 'checkpoint');
  const [first] = checkpointsOf(recorded);
  recorded.start(2, { from: { ...first, lanes: first.lanes.slice(1) } });
  expect(await recorded.until((report) => report.kind === 'failed')).toMatchObject({
    run: 2,
    failure: {
      name: 'CheckpointError',
      message: 'The checkpoint cannot be used: it has 1 lanes, and this run has 2. Start the run from its first step.',
    },
  });
});
