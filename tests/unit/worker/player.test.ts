import * as tf from '@tensorflow/tfjs';
import { describe, expect, it, vi } from 'vitest';
import { wholeDataset } from '../../../src/worker/preparedSource.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import {
  quiet,
  playersOfFile,
  reports,
  reportsStep,
  smallDataset,
  smallExperiment,
  smallTotalSteps,
} from './recordedPlayer.ts';

vi.setConfig({ testTimeout: 60_000 });

const record = playersOfFile();

describe('getting ready', () => {
  it('says what the run is, brings example images and the first evaluations, then pauses before step 1', async () => {
    const recorded = record();
    recorded.start(1);
    await recorded.paused(1);
    await quiet();
    expect(recorded.reports[0]).toMatchObject({
      kind: 'events',
      run: 1,
      events: [{ kind: 'started', totalSteps: smallTotalSteps }],
    });
    expect(recorded.reports[1]).toMatchObject({ kind: 'ready', run: 1, backend: { name: 'cpu' } });
    expect(recorded.eventsOf(1, 'evaluated').map(({ lane, step }) => [lane, step])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(recorded.eventsOf(1, 'stepped')).toEqual([]);
    // What the lanes answer may come a moment later.
    const last = recorded.reports.filter(({ kind }) => kind !== 'answers').at(-1);
    expect(last).toEqual({ kind: 'playing', run: 1, playing: false });
  });

  it('brings a test image of each of the two classes of each task', async () => {
    const recorded = record();
    recorded.start(1);
    const ready = await recorded.until((report) => report.kind === 'ready');
    const size = 36;
    expect(ready.taskImages.map((images) => images.length)).toEqual(Array(5).fill(2 * size));
    const { labels, pixels } = smallDataset.test;
    const imagesOf = (label: number) =>
      Array.from(labels.keys())
        .filter((i) => labels[i] === label)
        .map((i) => pixels.subarray(i * size, (i + 1) * size).join());
    ready.taskImages.forEach((images, task) => {
      expect(imagesOf(2 * task)).toContain(images.slice(0, size).join());
      expect(imagesOf(2 * task + 1)).toContain(images.slice(size).join());
    });
  });

  it('remembers Play, a flip and a speed that come while it loads', async () => {
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const source = { ...wholeDataset(smallDataset), ensure: () => arrived.then(() => smallDataset) };
    const recorded = record({ source });
    recorded.start(1, { speed: 1 });
    recorded.player.handle({ kind: 'play', run: 1 });
    recorded.player.handle({ kind: 'retrieval', run: 1, lane: 0, retrieval: 'mir' });
    recorded.player.handle({ kind: 'speed', speed: null });
    await quiet(20);
    expect(recorded.reports).toEqual([]);
    arrive();
    await recorded.finished(1);
    expect(recorded.eventsOf(1, 'retrievalChanged')).toEqual([
      { kind: 'retrievalChanged', lane: 0, step: 0, retrieval: 'mir' },
    ]);
    expect(recorded.reports.filter(({ kind }) => kind === 'playing')).toEqual([
      { kind: 'playing', run: 1, playing: true },
    ]);
  });

  it('fetches what other runs need only once it plays', async () => {
    let prefetches = 0;
    const prefetch = () => {
      prefetches += 1;
      return Promise.resolve();
    };
    const recorded = record({ source: { ...wholeDataset(smallDataset), prefetch } });
    recorded.start(1);
    await recorded.paused(1);
    expect(prefetches).toBe(0);
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    expect(prefetches).toBe(1);
  });

  it('remembers that Pause came after Play', async () => {
    const recorded = record();
    recorded.start(1, { play: true });
    recorded.player.handle({ kind: 'pause', run: 1 });
    await recorded.paused(1);
    await quiet();
    expect(recorded.eventsOf(1, 'stepped')).toEqual([]);
  });
});

describe('playing', () => {
  it('trains to the end, reports every step and loss in order, and finishes with the last report', async () => {
    const recorded = record();
    recorded.start(1, { play: true });
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    await quiet();
    const steps = Array.from({ length: smallTotalSteps }, (_, index) => index + 1);
    expect(recorded.eventsOf(1, 'stepped').map(({ step }) => step)).toEqual(steps);
    for (const lane of [0, 1]) {
      expect(recorded.losses(1, lane)).toHaveLength(smallTotalSteps);
      const evaluated = recorded.eventsOf(1, 'evaluated').filter((event) => event.lane === lane);
      const order = evaluated.map(({ step }) => step);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(evaluated.filter(({ taskEnd, set }) => taskEnd && set === 'complete').map(({ step }) => step)).toEqual([
        10, 20, 30, 40, 50,
      ]);
    }
    expect(recorded.reports.filter(({ kind }) => kind === 'playing')).toEqual([
      { kind: 'playing', run: 1, playing: true },
    ]);
    // Answers to questions about images may come later.
    const last = recorded.reports.findLast(({ kind }) => kind !== 'answers');
    expect(last?.kind === 'events' && last.events.at(-1)?.kind).toBe('finished');
  });

  it('sends at most 20 reports of events a second', async () => {
    const recorded = record();
    recorded.start(1, { play: true });
    await recorded.finished(1);
    const sent = recorded.times.filter((_, index) => recorded.reports[index].kind === 'events');
    expect(sent.length).toBeGreaterThan(3);
    // The first group, the last, and those before a checkpoint are sent at once.
    const checkpoints = recorded.reports.filter(({ kind }) => kind === 'checkpoint').length;
    expect(sent.length - 3 - checkpoints).toBeLessThanOrEqual((sent[sent.length - 1] - sent[0]) / 50);
  });

  it('keeps to a slow speed, traces each of its steps, and hurries on when told', async () => {
    const recorded = record();
    recorded.start(1, { play: true, speed: 4 });
    const began = performance.now();
    await recorded.until((report) => reportsStep(report, 3));
    expect(performance.now() - began).toBeGreaterThan(480);
    const traced = recorded.eventsOf(1, 'traced').filter(({ lane }) => lane === 1);
    expect(traced.map(({ step }) => step)).toEqual([1, 2, 3]);
    recorded.player.handle({ kind: 'speed', speed: null });
    await recorded.finished(1);
    expect(recorded.eventsOf(1, 'stepped')).toHaveLength(smallTotalSteps);
  });

  it('pauses at a step with everything read back, and goes on from there', async () => {
    const recorded = record();
    // Slow enough that the pause does not come in the midst of an evaluation.
    recorded.start(1, { play: true, speed: 20 });
    recorded.at(
      (report) => reports(report, 'stepped'),
      () => recorded.player.handle({ kind: 'pause', run: 1 }),
    );
    await recorded.paused(1);
    const before = recorded.eventsOf(1, 'stepped').length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(smallTotalSteps);
    expect(recorded.losses(1, 0)).toHaveLength(before);
    expect(recorded.losses(1, 1)).toHaveLength(before);
    expect(recorded.reports.at(-1)).toEqual({ kind: 'playing', run: 1, playing: false });
    await quiet();
    expect(recorded.eventsOf(1, 'stepped')).toHaveLength(before);
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    expect(recorded.eventsOf(1, 'stepped')).toHaveLength(smallTotalSteps);
  });
});

describe('stepping', () => {
  it('takes as many steps as were asked for, each with its trace and losses at once', async () => {
    const recorded = record();
    recorded.start(1);
    await recorded.paused(1);
    recorded.player.handle({ kind: 'step', run: 1 });
    await recorded.until((report) => reportsStep(report, 1));
    recorded.player.handle({ kind: 'step', run: 1 });
    recorded.player.handle({ kind: 'step', run: 1 });
    await recorded.until((report) => reportsStep(report, 3));
    await quiet();
    expect(recorded.eventsOf(1, 'stepped').map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(recorded.eventsOf(1, 'traced').map(({ step, lane }) => [step, lane])).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
    ]);
    expect(recorded.losses(1, 1)).toHaveLength(3);
  });

  it('while playing means one step more, then pause', async () => {
    const recorded = record();
    recorded.start(1, { play: true, speed: 20 });
    recorded.at(
      (report) => reportsStep(report, 2),
      () => recorded.player.handle({ kind: 'step', run: 1 }),
    );
    await recorded.paused(1);
    await quiet();
    expect(recorded.eventsOf(1, 'stepped').map(({ step }) => step)).toEqual([1, 2, 3]);
  });

  it('shows the incoming batch and the picks as pictures of the right images', async () => {
    const recorded = record();
    recorded.start(1, { play: true, speed: 20 });
    recorded.at(
      (report) => reportsStep(report, 11),
      () => recorded.player.handle({ kind: 'pause', run: 1 }),
    );
    await recorded.paused(1);
    const traced = recorded.eventsOf(1, 'traced').at(-1);
    expect(traced?.lane).toBe(1);
    expect(traced?.retrieval?.mirPicks).toHaveLength(5);
    if (traced?.retrieval?.kind !== 'memory') throw new Error('ER-MIR retrieves from a memory.');
    const { thumbnails, retrieval, incoming } = traced;
    const image = (sample: number) => Array.from(smallDataset.train.pixels.subarray(sample * 36, (sample + 1) * 36));
    expect(Array.from(thumbnails.incoming)).toEqual(incoming.flatMap(({ sample }) => image(sample)));
    expect(Array.from(thumbnails.mirPicks)).toEqual(
      retrieval.mirPicks.flatMap((pick) => image(retrieval.candidates[pick].sample)),
    );
    expect(Array.from(thumbnails.randomPicks)).toEqual(
      retrieval.randomPicks.flatMap((pick) => image(retrieval.candidates[pick].sample)),
    );
  });
});

describe('flipping retrieval', () => {
  it('takes effect at the next step and changes what follows', async () => {
    const recorded = record();
    recorded.start(1);
    await recorded.paused(1);
    recorded.player.handle({ kind: 'retrieval', run: 1, lane: 1, retrieval: 'random' });
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    expect(recorded.eventsOf(1, 'retrievalChanged')).toEqual([
      { kind: 'retrievalChanged', lane: 1, step: 0, retrieval: 'random' },
    ]);
    // Both lanes replay at random now: paired lanes do the same then.
    expect(recorded.losses(1, 1)).toEqual(recorded.losses(1, 0));
    expect(
      recorded
        .eventsOf(1, 'evaluated')
        .slice(2)
        .map(({ retrieval }) => retrieval),
    ).not.toContain('mir');
  });

  it('means nothing to a lane that replays nothing, nor to one that there is not', async () => {
    const recorded = record();
    recorded.start(1, { experiment: { ...smallExperiment, lanes: ['fine-tune'] } });
    recorded.player.handle({ kind: 'retrieval', run: 1, lane: 0, retrieval: 'mir' });
    recorded.player.handle({ kind: 'retrieval', run: 1, lane: 3, retrieval: 'mir' });
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    expect(recorded.eventsOf(1, 'retrievalChanged')).toEqual([]);
    expect(recorded.eventsOf(1, 'evaluated').every(({ retrieval }) => retrieval === null)).toBe(true);
  });
});

describe('starting again', () => {
  it('from the same configuration gives the same numbers', async () => {
    const recorded = record();
    recorded.start(1, { play: true });
    await recorded.finished(1);
    recorded.start(2, { play: true });
    await recorded.finished(2);
    for (const lane of [0, 1]) expect(recorded.losses(2, lane)).toEqual(recorded.losses(1, lane));
    expect(recorded.losses(1, 0)).not.toEqual(recorded.losses(1, 1));
    expect(recorded.eventsOf(2, 'evaluated')).toEqual(recorded.eventsOf(1, 'evaluated'));
  });

  it('in the middle of an evaluation abandons it: nothing more of the old run is reported, and its tensors are freed', async () => {
    const recorded = record();
    await startTestBackend('cpu');
    const { numTensors } = tf.memory();
    recorded.start(1);
    recorded.at(
      (report) => report.kind === 'ready',
      () => recorded.start(2),
    );
    await recorded.paused(2);
    expect(recorded.eventsOf(1, 'evaluated')).toEqual([]);
    const from = recorded.reports.findIndex((report) => report.kind === 'ready');
    expect(recorded.reports.slice(from + 1).every((report) => 'run' in report && report.run === 2)).toBe(true);
    await recorded.player.close();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('many times at once leaves the last one only', async () => {
    const recorded = record();
    for (let run = 1; run <= 20; run++) recorded.start(run);
    await recorded.paused(20);
    expect(new Set(recorded.reports.map((report) => 'run' in report && report.run))).toEqual(new Set([20]));
  });

  it('makes commands to earlier runs void', async () => {
    const recorded = record();
    recorded.start(1);
    recorded.start(2);
    recorded.player.handle({ kind: 'play', run: 1 });
    recorded.player.handle({ kind: 'step', run: 99 });
    await recorded.paused(2);
    await quiet();
    expect(recorded.eventsOf(2, 'stepped')).toEqual([]);
  });
});
