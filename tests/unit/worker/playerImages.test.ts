import { describe, expect, it, vi } from 'vitest';
import { DataError } from '../../../src/core/dataset.ts';
import type { LoadProgress, Report } from '../../../src/link/protocol.ts';
import { type DataSource, wholeDataset } from '../../../src/worker/preparedSource.ts';
import { playersOfFile, type RecordedPlayer, smallDataset } from './recordedPlayer.ts';

vi.setConfig({ testTimeout: 60_000 });

const record = playersOfFile();

describe('images that come by task', () => {
  const notices = ({ reports }: RecordedPlayer) =>
    reports.flatMap((report) => (report.kind === 'notice' ? [report.text] : []));
  const file = { name: 'data/cifar10/train-04.bin', remedy: 'Check the connection.' };
  const missing = () => new DataError(file, 'could not be downloaded', { kind: 'download' });
  /** `ensure` is told the number of its call for training images, from 1; test images are there. */
  function byTask(ensure: (call: number, onProgress: (progress: LoadProgress) => void) => Promise<void>) {
    const kept: Int32Array[] = [];
    const tests: Int32Array[] = [];
    let calls = 0;
    const source: DataSource = {
      ...wholeDataset(smallDataset),
      byTask: true,
      ensure: ({ train }, onProgress) =>
        (train === undefined ? Promise.resolve() : ensure((calls += 1), onProgress)).then(() => smallDataset),
      keepOnly({ train, test }) {
        if (train !== undefined) kept.push(train);
        if (test !== undefined) tests.push(test);
      },
    };
    return { source, kept, tests };
  }

  it('are waited for, paused, where they cannot be had; Play tries again, and the run is the same', async () => {
    const undisturbed = record();
    undisturbed.start(1, { play: true });
    await undisturbed.finished(1);
    // Before the run, before task 1, and then before task 2, which fails twice.
    const { source, kept, tests } = byTask((call) =>
      call === 3 || call === 4 ? Promise.reject(missing()) : Promise.resolve(),
    );
    const recorded = record({ source });
    recorded.start(1, { play: true });
    for (const tries of [1, 2]) {
      const isPaused = (report: Report) => report.kind === 'playing' && !report.playing;
      await vi.waitFor(() => expect(recorded.reports.filter(isPaused)).toHaveLength(tries));
      expect(recorded.eventsOf(1, 'stepped').at(-1)?.step).toBe(10);
      expect(notices(recorded)).toHaveLength(tries);
      recorded.player.handle({ kind: 'play', run: 1 });
    }
    await recorded.finished(1);
    expect(notices(recorded)[0]).toBe(
      'data/cifar10/train-04.bin could not be downloaded. Check the connection. The run waits for these images; Play tries again.',
    );
    expect(recorded.losses(1, 1)).toEqual(undisturbed.losses(1, 1));
    // Two memories of 50 hold images of the tasks before.
    expect(kept).toHaveLength(5);
    expect(kept[0]).toHaveLength(100);
    expect(new Set(kept[4]).size).toBe(kept[4].length);
    const labels = Array.from(kept[4], (sample) => smallDataset.train.labels[sample]);
    expect(labels.filter((label) => label >= 8)).toHaveLength(100);
    const remembered = labels.length - 100;
    expect(remembered).toBeGreaterThan(30);
    expect(remembered).toBeLessThanOrEqual(100);
    // A run ends with the complete test set, task by task, and then keeps what the subset and the decoders show.
    const always = new Set(tests[0]);
    const { labels: ofTests } = smallDataset.test;
    for (let label = 0; label < 10; label++)
      expect([...always].filter((sample) => ofTests[sample] === label).length).toBeGreaterThan(0);
    const isOf = (task: number) => (sample: number) => ofTests[sample] >> 1 === task;
    expect(tests.slice(-6).map((samples) => new Set(samples))).toEqual([
      ...[0, 1, 2, 3, 4].map((task) => new Set([...always, ...[...ofTests.keys()].filter(isOf(task))])),
      always,
    ]);
  });

  it('are told of in the middle of a run only if they take a while', async () => {
    let arrive = () => {};
    const { source } = byTask((call, onProgress) => {
      onProgress({ what: 'CIFAR-10', loaded: 10, total: 20 });
      return call === 3 ? new Promise((resolve) => (arrive = resolve)) : Promise.resolve();
    });
    const recorded = record({ source });
    recorded.start(1, { play: true });
    const told = () => recorded.reports.filter(({ kind }) => kind === 'loading');
    await vi.waitFor(() => expect(told()).toHaveLength(2), { timeout: 20_000 });
    expect(recorded.eventsOf(1, 'stepped').at(-1)?.step).toBe(10);
    arrive();
    await recorded.finished(1);
    expect(told()).toHaveLength(2);
  });
});
