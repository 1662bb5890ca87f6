import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ExperimentConfig } from '../../../src/core/config.ts';
import type { Report } from '../../../src/link/protocol.ts';
import { wholeDataset } from '../../../src/worker/preparedSource.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';
import { syntheticPictures } from '../engine/syntheticPictures.ts';
import { quiet, RecordedPlayer, reportsStep, smallExperiment, smallTotalSteps } from './recordedPlayer.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Pictures that an autoencoder takes, and passes enough that it trains over several reports. */
const pictures = wholeDataset(syntheticPictures(32, 14, 2));
const hybrid: ExperimentConfig = {
  ...smallExperiment,
  ...{
    scenario: 'split-cifar10',
    lanes: ['ae-mir'],
    samplesPerTask: 20,
    filters: 1,
    evaluationInterval: 1_000,
    evaluationSize: 10,
  },
  ...{ aeFilters: 2, aeEpochs: 5, aeReplays: 4, aeCandidates: 8 },
};

/** So many test images that an evaluation of the complete set goes on over several reports. */
const source = wholeDataset(syntheticDataset(60, 1_500));
let recorded: RecordedPlayer;

afterEach(() => recorded.player.close());

/** Whether a report ends in the middle of an evaluation of a trained network. */
function endsInEvaluation(report: Report): boolean {
  const last = report.kind === 'events' ? report.events.at(-1) : undefined;
  return last?.kind === 'evaluating' && last.step > 0 && last.done < last.total;
}

/** Plays until an evaluation is under way and pauses there; resolves with the step that it belongs to. */
async function pausedInEvaluation(): Promise<number> {
  recorded = new RecordedPlayer({ source });
  recorded.start(1, { play: true, experiment: { ...smallExperiment, evaluationInterval: 1_000 } });
  recorded.at(endsInEvaluation, () => recorded.player.handle({ kind: 'pause', run: 1 }));
  await recorded.paused(1);
  return recorded.eventsOf(1, 'evaluating').at(-1)?.step ?? NaN;
}

it('pausing in an evaluation holds within it, at once', async () => {
  const step = await pausedInEvaluation();
  expect(recorded.reports.at(-1)).toEqual({ kind: 'playing', run: 1, playing: false });
  expect(recorded.reports.slice(0, -1).findLast(({ kind }) => kind === 'events')).toSatisfy(endsInEvaluation);
  const before = recorded.reports.length;
  await quiet(300);
  expect(recorded.reports).toHaveLength(before);
  expect(recorded.eventsOf(1, 'stepped').at(-1)?.step).toBe(step - 1);
  expect(recorded.eventsOf(1, 'evaluated').some((event) => event.step === step)).toBe(false);
});

it('Step from there ends the evaluation, and with it that step; Play goes on', async () => {
  const step = await pausedInEvaluation();
  recorded.player.handle({ kind: 'step', run: 1 });
  await recorded.until((report) => reportsStep(report, step));
  await quiet();
  expect(recorded.eventsOf(1, 'stepped').at(-1)?.step).toBe(step);
  expect(recorded.eventsOf(1, 'evaluated').filter((event) => event.step === step)).toHaveLength(2);
  expect(recorded.losses(1, 0)).toHaveLength(step);
  recorded.player.handle({ kind: 'play', run: 1 });
  await recorded.finished(1);
  expect(recorded.eventsOf(1, 'stepped').map((event) => event.step)).toEqual(
    Array.from({ length: smallTotalSteps }, (_, index) => index + 1),
  );
  expect(
    recorded.reports
      .filter(({ kind }) => kind === 'playing')
      .map((report) => report.kind === 'playing' && report.playing),
  ).toEqual([true, false, true]);
});

it('Reset from there frees the run, and the next one starts', async () => {
  await pausedInEvaluation();
  recorded.start(2);
  await recorded.paused(2);
  expect(recorded.eventsOf(2, 'evaluated').map(({ step }) => step)).toEqual([0, 0]);
});

describe('while an autoencoder trains', () => {
  /** Whether a report ends in the midst of it. */
  function endsInPreparing(report: Report): boolean {
    const last = report.kind === 'events' ? report.events.at(-1) : undefined;
    return last?.kind === 'preparing' && last.step > 0 && last.done < last.total;
  }

  /** Plays until the autoencoder learns the second task, and pauses there. */
  async function pausedInPreparing(): Promise<void> {
    recorded = new RecordedPlayer({ source: pictures, startBackend: () => startTestBackend('wasm') });
    recorded.start(1, { play: true, experiment: hybrid });
    recorded.at(endsInPreparing, () => recorded.player.handle({ kind: 'pause', run: 1 }));
    await recorded.paused(1);
  }

  it('pausing holds within it, at once, and Play goes on to the end', async () => {
    await pausedInPreparing();
    const before = recorded.reports.length;
    const updates = recorded.eventsOf(1, 'preparing').length;
    await quiet(300);
    expect(recorded.reports).toHaveLength(before);
    expect(recorded.reports.at(-1)).toEqual({ kind: 'playing', run: 1, playing: false });
    expect(recorded.reports.slice(0, -1).findLast(({ kind }) => kind === 'events')).toSatisfy(endsInPreparing);
    expect(recorded.eventsOf(1, 'stepped').at(-1)?.step).toBe(2);
    recorded.player.handle({ kind: 'play', run: 1 });
    await recorded.finished(1);
    expect(recorded.eventsOf(1, 'preparing').length).toBeGreaterThan(updates);
    expect(recorded.eventsOf(1, 'stepped').map(({ step }) => step)).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
  });

  it('Step from there ends the task’s preparation and takes its first step', async () => {
    await pausedInPreparing();
    recorded.player.handle({ kind: 'step', run: 1 });
    await recorded.until((report) => reportsStep(report, 3));
    await quiet(200);
    expect(recorded.eventsOf(1, 'stepped').at(-1)?.step).toBe(3);
    expect(recorded.losses(1, 0)).toHaveLength(3);
  });

  it('Reset from there frees the run, and the next one starts', async () => {
    await pausedInPreparing();
    recorded.start(2, { experiment: hybrid });
    await recorded.paused(2);
    expect(recorded.eventsOf(2, 'evaluated').map(({ step }) => step)).toEqual([0]);
  });
});
