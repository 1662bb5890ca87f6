import { describe, expect, it, vi } from 'vitest';
import { DataError } from '../../../src/core/dataset.ts';
import { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
import type { PageEvent, Report } from '../../../src/link/protocol.ts';
import { wholeDataset } from '../../../src/worker/preparedSource.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';
import {
  quiet,
  playersOfFile,
  type RecordedPlayer,
  reports,
  reportsStep,
  smallDataset,
  smallExperiment,
  smallTotalSteps,
} from './recordedPlayer.ts';

vi.setConfig({ testTimeout: 60_000 });

const record = playersOfFile();

const isFailed = (report: Report) => report.kind === 'failed';
const isReady = (report: Report) => report.kind === 'ready';
const noticesOf = ({ reports: all }: RecordedPlayer) =>
  all.flatMap((report) => (report.kind === 'notice' ? [report.text] : []));
/** Plain JavaScript under the name of wasm. */
const onWasm = async () => ({ ...(await startTestBackend('cpu')), name: 'wasm' as const });

describe('data that cannot be had', () => {
  it('fails the run with the sentence of the error, and the next start tries again', async () => {
    const file = { name: 'data/mnist/labels.bin', remedy: 'Reload the page.' };
    let broken = true;
    const source = {
      ...wholeDataset(smallDataset),
      ensure: () =>
        broken
          ? Promise.reject(new DataError(file, 'is missing on the server (status 404)', { kind: 'site' }))
          : Promise.resolve(smallDataset),
    };
    const recorded = record({ source });
    recorded.start(1, { play: true });
    expect(await recorded.until(isFailed)).toMatchObject({
      run: 1,
      failure: {
        name: 'DataError',
        message: expect.stringMatching(
          /labels\.bin is missing on the server \(status 404\).*Reload the page\.$/,
        ) as string,
      },
    });
    recorded.player.handle({ kind: 'play', run: 1 });
    broken = false;
    recorded.start(2);
    await recorded.paused(2);
    expect(recorded.events(1)).toEqual([]);
  });

  it('says so when a task has fewer images than one batch', async () => {
    const recorded = record({ source: wholeDataset(syntheticDataset(4, 2)) });
    recorded.start(1);
    expect(await recorded.until(isFailed)).toMatchObject({
      failure: { name: 'RangeError', message: 'Task 1 (classes 0, 1) has 8 training images; one batch needs 10.' },
    });
  });
});

describe('a backend', () => {
  it('that does not start fails the run; the next start with another choice works', async () => {
    const recorded = record({
      startBackend: (choice) =>
        choice === 'webgpu' ? Promise.reject(new Error('This browser has no WebGPU.')) : startTestBackend('cpu'),
    });
    recorded.start(1, { backend: 'webgpu' });
    expect(await recorded.until(isFailed)).toMatchObject({
      run: 1,
      failure: { message: 'This browser has no WebGPU.' },
    });
    recorded.start(2, { backend: 'cpu' });
    await recorded.paused(2);
  });

  it('is kept while the choice stays the same', async () => {
    let started = 0;
    const recorded = record({
      startBackend: () => {
        started += 1;
        return startTestBackend('cpu');
      },
    });
    recorded.start(1);
    await recorded.paused(1);
    recorded.start(2);
    await recorded.paused(2);
    expect(started).toBe(1);
    recorded.start(3, { backend: 'auto' });
    await recorded.paused(3);
    expect(started).toBe(2);
  });

  it('that cannot be had as chosen because its card gives wrong numbers is replaced by wasm, with a sentence', async () => {
    const recorded = record({
      startBackend: (choice) =>
        choice === 'wasm'
          ? onWasm()
          : Promise.reject(new GraphicsFailure('numbers', 'A small training step gives other numbers.')),
    });
    recorded.start(1, { backend: 'webgpu' });
    await recorded.paused(1);
    expect(noticesOf(recorded)).toEqual(['A small training step gives other numbers. The run goes on with WASM.']);
    expect(await recorded.until(isReady)).toMatchObject({ backend: { name: 'wasm' } });
  });
});

describe('a graphics card that gets ready', () => {
  async function reportsAfter(milliseconds: number): Promise<unknown[]> {
    const recorded = record({
      startBackend: async (_choice, _onFailure, lanes, onPreparing) => {
        expect(lanes.map(({ method }) => method)).toEqual(smallExperiment.lanes);
        onPreparing();
        await quiet(milliseconds);
        return startTestBackend('cpu');
      },
    });
    recorded.start(1);
    await recorded.paused(1);
    return recorded.reports.filter(({ kind }) => kind === 'preparingCard');
  }

  it('is spoken of after half a second, and no longer than it takes', async () => {
    expect(await reportsAfter(50)).toEqual([]);
    expect(await reportsAfter(700)).toEqual([
      { kind: 'preparingCard', run: 1, preparing: true },
      { kind: 'preparingCard', run: 1, preparing: false },
    ]);
  });
});

it('a backend on a graphics card is chosen anew for other lanes, and kept for another seed', async () => {
  let starts = 0;
  const recorded = record({
    startBackend: async () => {
      starts += 1;
      const times = [
        { name: 'webgpu', milliseconds: 9, atLeast: false },
        { name: 'wasm', milliseconds: 3, atLeast: false },
      ] as const;
      return { ...(await onWasm()), measured: times };
    },
  });
  const counted: number[] = [];
  for (const [index, change] of [{}, { seed: 5 }, { hidden: 20 }].entries()) {
    recorded.start(index + 1, { backend: 'auto', experiment: { ...smallExperiment, ...change } });
    await recorded.paused(index + 1);
    counted.push(starts);
  }
  expect(counted).toEqual([1, 1, 2]);
});

describe('a graphics card that cannot go on', () => {
  const lost = new GraphicsFailure('lost', 'The graphics device was lost (driver reset).');

  /** A player on a graphics card that fails when it is told to, and can be had again. */
  function onFragileCard(parts: ConstructorParameters<typeof RecordedPlayer>[0] = {}) {
    const choices: string[] = [];
    let fail: (failure: GraphicsFailure) => void = () => undefined;
    const recorded = record({
      startBackend: async (choice, onFailure) => {
        choices.push(choice);
        if (choice === 'wasm') return onWasm();
        fail = onFailure;
        return { ...(await startTestBackend('cpu')), name: 'webgpu', hardware: true };
      },
      ...parts,
    });
    return { recorded, choices, fail: (failure: GraphicsFailure) => fail(failure) };
  }
  /** Steps a second: so slow that a report of one comes before the end of its task. */
  const speed = 60;
  const readyOn = (name: string, times: number, { reports: all }: RecordedPlayer) =>
    all.filter((report) => isReady(report) && report.backend.name === name).length >= times;
  const stepsOf = (events: readonly PageEvent[]) =>
    events.flatMap((event) => (event.kind === 'stepped' ? [event.step] : []));
  const from = (first: number) => Array.from({ length: smallTotalSteps + 1 - first }, (_, index) => first + index);

  it('while it plays: the run goes on from the last finished task, on the card asked for anew, and says so once', async () => {
    const { recorded, choices, fail } = onFragileCard();
    recorded.start(1, { play: true, backend: 'auto', speed });
    recorded.at(
      (report) => reportsStep(report, 23),
      () => fail(lost),
    );
    await recorded.finished(1);
    expect(choices).toEqual(['auto', 'auto']);
    expect(noticesOf(recorded)).toHaveLength(1);
    expect(noticesOf(recorded)[0]).toMatch(
      /^The graphics device was lost \(driver reset\)\. The run stopped at step 2\d and goes on from the end of task 2 \(step 20\) on the graphics card, asked for anew\.$/,
    );
    const [first, second] = recorded.eventsOf(1, 'started');
    expect([first.from, second.from?.step]).toEqual([undefined, 20]);
    const events = recorded.events(1);
    expect(stepsOf(events.slice(events.indexOf(second)))).toEqual(from(21));

    // Nothing that it comes to is other than without the loss.
    const whole = record();
    whole.start(1, { play: true });
    await whole.finished(1);
    expect(recorded.eventsOf(1, 'finished')).toEqual(whole.eventsOf(1, 'finished'));
  });

  it('that is lost again before the run has got any further: it goes on with WASM', async () => {
    const { recorded, choices, fail } = onFragileCard();
    recorded.start(1, { play: true, backend: 'webgpu', speed });
    for (const restart of [1, 2])
      recorded.at(
        (report) => reportsStep(report, 23) && recorded.eventsOf(1, 'started').length === restart,
        () => fail(lost),
      );
    await recorded.finished(1);
    expect(choices).toEqual(['webgpu', 'webgpu', 'wasm']);
    expect(noticesOf(recorded)[1]).toMatch(/ goes on from the end of task 2 \(step 20\) with WASM\.$/);
    const last = recorded.reports.findLast(isReady);
    expect(last?.backend).toMatchObject({ name: 'wasm', passedOver: [{ name: 'webgpu', reason: lost.message }] });
    expect(recorded.reports.some(isFailed)).toBe(false);
  });

  it('that cannot be had again: the run goes on with WASM; without a finished task it starts again', async () => {
    let starts = 0;
    const choices: string[] = [];
    const recorded = record({
      startBackend: async (choice, onFailure) => {
        choices.push(choice);
        if (choice === 'wasm') return onWasm();
        starts += 1;
        if (starts > 1) throw new Error('This browser has WebGPU but finds no graphics card that it may use.');
        recorded.at(
          (report) => reportsStep(report, 4),
          () => onFailure(lost),
        );
        return { ...(await startTestBackend('cpu')), name: 'webgpu', hardware: true };
      },
    });
    recorded.start(1, { play: true, backend: 'webgpu', speed });
    await recorded.finished(1);
    expect(choices).toEqual(['webgpu', 'webgpu', 'wasm']);
    expect(noticesOf(recorded)[0]).toMatch(/ The run stopped at step \d and starts again with WASM\.$/);
    expect(recorded.eventsOf(1, 'started').map((event) => event.from)).toEqual([undefined, undefined]);
    expect(stepsOf(recorded.events(1)).slice(-smallTotalSteps)).toEqual(from(1));
  });

  it('while it is paused: what was shown stays until the viewer goes on', async () => {
    const { recorded, choices, fail } = onFragileCard();
    recorded.start(1, { backend: 'auto', play: true, speed });
    recorded.at(
      (report) => reportsStep(report, 12),
      () => recorded.player.handle({ kind: 'pause', run: 1 }),
    );
    await recorded.next((report) => report.kind === 'playing' && !report.playing);
    fail(lost);
    await recorded.until(({ kind }) => kind === 'notice');
    await quiet();
    expect(noticesOf(recorded)[0]).toMatch(
      / The run stopped at step 1\d and is shown as it was; Play goes on from the end of task 1 \(step 10\)\.$/,
    );
    expect(choices).toEqual(['auto']);
    expect(recorded.eventsOf(1, 'started')).toHaveLength(1);
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    expect(choices).toEqual(['auto', 'auto']);
    expect(noticesOf(recorded)).toHaveLength(1);
    expect(recorded.eventsOf(1, 'started')[1].from?.step).toBe(10);
  });

  it('before the first step: the run is got ready again', async () => {
    const { recorded, fail } = onFragileCard();
    recorded.start(1, { backend: 'auto' });
    await recorded.paused(1);
    fail(lost);
    await recorded.next(() => readyOn('webgpu', 2, recorded));
    expect(noticesOf(recorded)).toEqual([
      `${lost.message} The run stopped and starts again on the graphics card, asked for anew.`,
    ]);
  });

  it.each([
    ['lost', 'webgpu', ['auto', 'auto']],
    ['error', 'wasm', ['auto', 'wasm', 'wasm']],
  ] as const)('%s: what the next start tries', async (trouble, then, expected) => {
    const { recorded, choices, fail } = onFragileCard();
    recorded.start(1, { backend: 'auto' });
    await recorded.paused(1);
    fail(new GraphicsFailure(trouble, 'It failed.'));
    await recorded.next(() => readyOn(then, then === 'wasm' ? 1 : 2, recorded));
    recorded.start(2, { backend: 'auto' });
    await recorded.paused(2);
    expect(choices).toEqual(expected);
    expect(recorded.reports.findLast(isReady)?.backend.passedOver).toEqual(
      trouble === 'error' ? [{ name: 'webgpu', reason: 'It failed.' }] : [],
    );
  });

  it('after the end of a run: nothing that is shown changes', async () => {
    const { recorded, fail } = onFragileCard();
    recorded.start(1, { play: true, backend: 'auto' });
    await recorded.finished(1);
    await quiet();
    const before = recorded.reports.length;
    fail(lost);
    await quiet(300);
    expect(recorded.reports).toHaveLength(before);
  });

  it('is named when the engine throws there, and an error that comes again on wasm ends the run', async () => {
    const broken = { ...smallDataset, train: { ...smallDataset.train, pixels: new Uint8Array(7) } };
    const { recorded } = onFragileCard({
      source: { ...wholeDataset(smallDataset), ensure: () => Promise.resolve(broken) },
    });
    recorded.start(1, { play: true, backend: 'auto' });
    const failed = await recorded.until(isFailed);
    expect(noticesOf(recorded)[0]).toMatch(/^Training on the graphics card failed: .*starts again with WASM\.$/);
    expect(failed.failure.stack).not.toBe('');
  });
});

describe("the viewer's own files", () => {
  const files = [new File(['x'], 'train-images')];

  it('are used from the next start on, also if that comes while they are being opened', async () => {
    const own = syntheticDataset(20, 5);
    const recorded = record({
      openFiles: async () => quiet(20).then(() => ({ name: 'mnist', opened: { kind: 'whole', dataset: own } })),
    });
    recorded.start(1);
    await recorded.paused(1);
    recorded.player.handle({ kind: 'openData', files });
    recorded.start(2, { experiment: { ...smallExperiment, samplesPerTask: 1_000 } });
    await recorded.paused(2);
    expect(recorded.reports).toContainEqual({
      kind: 'dataOpened',
      dataset: 'mnist',
      amount: { name: 'synthetic', training: 200, test: 50 },
    });
    expect(recorded.eventsOf(2, 'started')[0].tasks.map(({ trainingImages }) => trainingImages)).toEqual(
      Array(5).fill(30),
    );
  });

  it('that are refused leave the run and the data as they were', async () => {
    const recorded = record({ openFiles: () => Promise.reject(new Error('train-images is not an IDX file.')) });
    recorded.start(1, { play: true });
    recorded.player.handle({ kind: 'openData', files });
    await recorded.finished(1);
    expect(recorded.reports).toContainEqual(
      expect.objectContaining({
        kind: 'dataRefused',
        failure: expect.objectContaining({
          message: 'train-images is not an IDX file. The data in use stays as it was.',
        }) as unknown,
      }),
    );
  });
});

it('answers a ping while it trains', async () => {
  const recorded = record();
  recorded.start(1, { play: true });
  recorded.at(
    (report) => reports(report, 'stepped'),
    () => recorded.player.handle({ kind: 'ping', id: 7 }),
  );
  await recorded.finished(1);
  expect(recorded.reports).toContainEqual({ kind: 'pong', id: 7 });
});
