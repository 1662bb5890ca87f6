import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Dataset } from '../../../src/core/dataset.ts';
import { scenarios } from '../../../src/core/scenarios.ts';
import type { OwnImage, Report } from '../../../src/link/protocol.ts';
import type { Player } from '../../../src/worker/player.ts';
import { shownTests } from '../../../src/worker/questions.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';
import {
  quiet,
  RecordedPlayer,
  reportsStep,
  smallDataset,
  smallExperiment,
  smallTotalSteps,
} from './recordedPlayer.ts';

vi.setConfig({ testTimeout: 60_000 });

const open: Player[] = [];

function record(): RecordedPlayer {
  const recorded = new RecordedPlayer();
  open.push(recorded.player);
  return recorded;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((player) => player.close()));
});

type Answers = Extract<Report, { kind: 'answers' }>;

const answersOf = ({ reports }: RecordedPlayer) =>
  reports.filter((report): report is Answers => report.kind === 'answers');

/** The first answers about an own image. */
const about = (recorded: RecordedPlayer, own: OwnImage) =>
  recorded.until((report): report is Answers => report.kind === 'answers' && report.own === own.id);

describe('the test images that are shown', () => {
  const tasksOf = (dataset: Dataset, scenario: keyof typeof scenarios) =>
    scenarios[scenario].tasks({ train: dataset.train.labels, test: dataset.test.labels }, smallExperimentSettings);
  const smallExperimentSettings = { seed: 1, samplesPerTask: 20, classOrderSeed: 'off' } as const;

  it('are one of each class, with the task that first teaches it; of drawings the nearest to the mean of its class', () => {
    const dataset = syntheticDataset(30, 8);
    const shown = shownTests(dataset, tasksOf(dataset, 'split-mnist'));
    expect(shown.map(({ label, task }) => [label, task])).toEqual(
      Array.from({ length: 10 }, (_, label) => [label, Math.floor(label / 2) + 1]),
    );
    const { pixels, labels } = dataset.test;
    const image = (sample: number) => Array.from(pixels.subarray(36 * sample, 36 * (sample + 1)));
    for (const { sample, label } of shown) {
      const all = Array.from(labels.keys()).filter((other) => labels[other] === label);
      const mean = image(0).map((_, pixel) => all.reduce((sum, other) => sum + image(other)[pixel], 0) / all.length);
      const distance = (other: number) => Math.hypot(...image(other).map((value, pixel) => value - mean[pixel]));
      expect(labels[sample]).toBe(label);
      expect(Math.min(...all.map(distance))).toBe(distance(sample));
    }
    // Where every task has all digits, the first teaches them.
    expect(shownTests(dataset, tasksOf(dataset, 'permuted-mnist')).map(({ task }) => task)).toEqual(Array(10).fill(1));
  });

  it('are ten, spread over the tasks, where there are more classes, and leave out classes without a test image', () => {
    const classes = Array.from({ length: 25 }, (_, label) => label);
    const dataset: Dataset = {
      name: 'many',
      imageShape: [1, 1, 3],
      classNames: classes.map(String),
      train: { count: 0, labels: new Uint8Array(), pixels: new Uint8Array() },
      test: { count: 40, labels: Uint8Array.from([...classes, ...classes].slice(0, 40)), pixels: new Uint8Array(120) },
    };
    const none = new Int32Array();
    const tasks = [0, 1, 2, 3, 4].map((index) => {
      const own = classes.slice(5 * index, 5 * index + 5);
      // Class 0 has none.
      const test = Array.from(dataset.test.labels.keys()).filter((sample) => {
        const label = dataset.test.labels[sample];
        return label !== 0 && own.includes(label);
      });
      return { number: index + 1, classes: own, train: none, validation: none, test: Int32Array.from(test) };
    });
    const shown = shownTests(dataset, tasks);
    expect(shown.map(({ label }) => label)).toEqual([1, 3, 5, 8, 10, 13, 15, 17, 20, 22]);
    // Of photographs the first of the class.
    expect(shown.map(({ sample }) => sample)).toEqual(shown.map(({ label }) => label));
  });
});

describe('asking during a run', () => {
  it('tells what is asked, and answers before the first step, at every step that is watched and at the last', async () => {
    const recorded = record();
    recorded.start(1);
    const questions = await recorded.until((report) => report.kind === 'questions');
    expect(questions.samples.map(({ label }) => label)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const size = 36;
    const { labels, pixels } = smallDataset.test;
    questions.samples.forEach(({ label }, index) => {
      const shown = questions.images.slice(index * size, (index + 1) * size).join();
      const known = Array.from(labels.keys()).filter((sample) => labels[sample] === label);
      expect(known.map((sample) => pixels.subarray(sample * size, (sample + 1) * size).join())).toContain(shown);
    });
    await recorded.paused(1);
    await quiet();
    for (let step = 1; step <= 3; step++) {
      recorded.player.handle({ kind: 'step', run: 1 });
      await recorded.until((report) => report.kind === 'answers' && report.step === step);
    }
    expect(new Set(answersOf(recorded).map(({ step }) => step))).toEqual(new Set([0, 1, 2, 3]));
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.until((report) => report.kind === 'answers' && report.step === smallTotalSteps);
    const answers = answersOf(recorded);
    // The ends of tasks are never left out.
    expect(answers.map(({ step }) => step)).toEqual(expect.arrayContaining([10, 20, 30, 40, 50]));
    for (const { lanes, own } of answers) {
      expect(own).toBeNull();
      expect(lanes.map((lane) => lane?.tests?.length)).toEqual([100, 100]);
    }
  });

  it('answers at most some ten times a second while playing at full speed', async () => {
    const recorded = record();
    recorded.start(1, { play: true, experiment: { ...smallExperiment, samplesPerTask: 480 } });
    await recorded.finished(1);
    const first = recorded.reports.findIndex((report) => report.kind === 'playing');
    const seconds = (recorded.times.at(-1) ?? 0) / 1_000 - recorded.times[first] / 1_000;
    const steps = recorded.eventsOf(1, 'stepped').length;
    // Besides, at the ends of the five tasks and before the first step.
    expect(answersOf(recorded).length).toBeLessThanOrEqual(10 * seconds + 7);
    expect(answersOf(recorded).length).toBeLessThan(steps);
  });

  it('answers about an own image at once: while paused, and after the last step; and keeps it among the questions', async () => {
    const recorded = record();
    recorded.start(1);
    await recorded.paused(1);
    const own = { id: 1, pixels: Uint8Array.from(smallDataset.test.pixels.subarray(0, 36)) };
    recorded.player.handle({ kind: 'ask', run: 1, own });
    const first = await about(recorded, own);
    expect(first.step).toBe(0);
    for (const lane of first.lanes)
      expect(Array.from(lane?.own ?? []).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    recorded.player.handle({ kind: 'step', run: 1 });
    const stepped = await recorded.until(
      (report): report is Answers => report.kind === 'answers' && report.step === 1 && report.lanes[0]?.tests !== null,
    );
    expect(stepped.lanes.map((lane) => [lane?.tests?.length, lane?.own?.length])).toEqual([
      [100, 10],
      [100, 10],
    ]);
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    await quiet();
    // The image is a test image: the networks answer the same, drawn or given.
    const questions = await recorded.until((report) => report.kind === 'questions');
    const drawn = { id: 2, pixels: questions.images.slice(0, 36) };
    recorded.player.handle({ kind: 'ask', run: 1, own: drawn });
    const { lanes, step } = await about(recorded, drawn);
    expect(step).toBe(smallTotalSteps);
    const whole = answersOf(recorded)
      .filter((answers) => (answers.lanes[0]?.tests ?? null) !== null)
      .at(-1);
    lanes.forEach((lane, index) => {
      const tests = Array.from(whole?.lanes[index]?.tests ?? []).slice(0, 10);
      Array.from(lane?.own ?? []).forEach((probability, label) => expect(probability).toBeCloseTo(tests[label], 5));
      expect(lane?.own).toHaveLength(10);
    });
  });

  it('asks once more, about the latest, where an own image changes while answers are under way', async () => {
    const recorded = record();
    recorded.start(1);
    await recorded.paused(1);
    await quiet();
    const images = [1, 2, 3, 4].map((id) => ({ id, pixels: new Uint8Array(36).fill(id) }));
    for (const own of images) recorded.player.handle({ kind: 'ask', run: 1, own });
    await about(recorded, images[3]);
    expect(answersOf(recorded).flatMap(({ own }) => own ?? [])).toEqual([1, 4]);
  });

  it('leaves what belongs to another run', async () => {
    const recorded = record();
    recorded.start(1);
    await recorded.paused(1);
    recorded.start(2);
    recorded.player.handle({ kind: 'ask', run: 1, own: { id: 7, pixels: new Uint8Array(36) } });
    recorded.player.handle({ kind: 'step', run: 2 });
    await recorded.until((report) => reportsStep(report, 1));
    await quiet();
    expect(answersOf(recorded).filter(({ own }) => own === 7)).toEqual([]);
  });
});
