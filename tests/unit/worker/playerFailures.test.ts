import { afterEach, describe, expect, it, vi } from 'vitest';
import { DataError } from '../../../src/core/dataset.ts';
import type { Report } from '../../../src/link/protocol.ts';
import { wholeDataset } from '../../../src/worker/dataSource.ts';
import type { Player } from '../../../src/worker/player.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';
import { quiet, RecordedPlayer, reports, smallDataset, smallExperiment } from './recordedPlayer.ts';

vi.setConfig({ testTimeout: 60_000 });

const open: Player[] = [];

function record(...parts: ConstructorParameters<typeof RecordedPlayer>): RecordedPlayer {
  const recorded = new RecordedPlayer(...parts);
  open.push(recorded.player);
  return recorded;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((player) => player.close()));
});

const isFailed = (report: Report) => report.kind === 'failed';

describe('data that cannot be had', () => {
  it('fails the run with the sentence of the error, and the next start tries again', async () => {
    const file = { name: 'data/mnist/labels.bin', remedy: 'Reload the page.' };
    let broken = true;
    const source = {
      ...wholeDataset(smallDataset),
      ensure: () =>
        broken
          ? Promise.reject(new DataError(file, 'is missing on the server (status 404)'))
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

  it('that loses its device ends the run with a sentence, and is started anew', async () => {
    let started = 0;
    let lose = (_reason: string) => {};
    const recorded = record({
      startBackend: (_choice, onLost) => {
        started += 1;
        lose = onLost;
        return startTestBackend('cpu');
      },
    });
    recorded.start(1, { play: true });
    recorded.at(
      (report) => reports(report, 'stepped'),
      () => lose('The graphics device was lost (driver reset). Start again.'),
    );
    expect(await recorded.until(isFailed)).toMatchObject({
      run: 1,
      failure: { message: 'The graphics device was lost (driver reset). Start again.' },
    });
    await quiet();
    expect(recorded.reports.at(-1)?.kind).toBe('failed');
    recorded.start(2);
    await recorded.paused(2);
    expect(started).toBe(2);
  });

  it('of graphics hardware is named as a possible cause when the engine throws', async () => {
    const broken = { ...smallDataset, train: { ...smallDataset.train, pixels: new Uint8Array(7) } };
    const recorded = record({
      source: { ...wholeDataset(smallDataset), ensure: () => Promise.resolve(broken) },
      startBackend: async () => ({ ...(await startTestBackend('cpu')), name: 'webgpu', hardware: true }),
    });
    recorded.start(1, { play: true });
    const failed = await recorded.until(isFailed);
    expect(failed.failure.message).toMatch(
      /\. The graphics card may have been reset\. Start again, or choose the backend wasm\.$/,
    );
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
      description: 'Opened synthetic: 200 training and 50 test images.',
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
