import { afterEach, expect, it, vi } from 'vitest';
import { wholeDataset } from '../../../src/worker/dataSource.ts';
import type { Report } from '../../../src/worker/protocol.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';
import { quiet, RecordedPlayer, reportsStep, smallExperiment, smallTotalSteps } from './recordedPlayer.ts';

vi.setConfig({ testTimeout: 60_000 });

/** So many test images that an evaluation of the complete set goes on over several reports. */
const source = wholeDataset(syntheticDataset(60, 3_000));
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
  expect(recorded.eventsOf(1, 'stepped').map((event) => event.step)).toEqual(Array.from({ length: smallTotalSteps }, (_, index) => index + 1));
  expect(recorded.reports.filter(({ kind }) => kind === 'playing').map((report) => report.kind === 'playing' && report.playing)).toEqual([true, false, true]);
});

it('Reset from there frees the run, and the next one starts', async () => {
  await pausedInEvaluation();
  recorded.start(2);
  await recorded.paused(2);
  expect(recorded.eventsOf(2, 'evaluated').map(({ step }) => step)).toEqual([0, 0]);
});
