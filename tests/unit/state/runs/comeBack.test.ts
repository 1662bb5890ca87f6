import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LabState } from '../../../../src/state/labState.ts';
import { quiet, smallExperiment } from '../../worker/recordedPlayer.ts';
import { phase, until } from '../openLab.ts';
import { openRuns, untilRuns } from './openRuns.ts';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => vi.unstubAllGlobals());

const config = { ...smallExperiment, lanes: ['fine-tune', 'er', 'er-mir'] as const };
const experiment = { ...config, lanes: [...config.lanes] };

/** What a run has measured. */
const measured = ({ shown }: LabState) =>
  shown?.lanes.map(({ losses, evaluations, counts }) => ({
    losses,
    // Only those of the ends of tasks are kept with their answers.
    evaluations: evaluations.map(({ confusion, ...rest }) => (rest.taskEnd ? { ...rest, confusion } : rest)),
    counts,
  }));

/** Trains on to the end. */
async function finished(page: ReturnType<typeof openRuns>): Promise<LabState> {
  page.actions.play();
  return await until(page.store, phase('finished'));
}

it('a run comes back as soon as storage answers that did not when the page was opened', async () => {
  const page = openRuns({ config: experiment });
  page.actions.play();
  const { id } = await until(page.store, ({ checkpoint }) => checkpoint !== null);
  page.ports[0].terminate();
  await quiet(20);
  const storage = indexedDB;
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  const slow = openRuns({ config: experiment });
  expect(await slow.archive.list()).toBeNull();
  vi.stubGlobal('indexedDB', storage);
  slow.look();
  const back = await until(slow.store, (state) => state.id === id && state.phase.kind === 'paused');
  expect(back.shown?.step).toBeGreaterThanOrEqual(10);
});

it('what was finished, imported or left comes back only where the page itself is loaded again', async () => {
  const page = openRuns({ config: experiment });
  const first = await finished(page);
  await quiet(20);
  expect(page.remembered()).toBe(first.id);
  const reloaded = openRuns({ config: experiment }, { reloaded: first.id });
  const back = await until(reloaded.store, phase('finished'));
  expect(measured(back)).toEqual(measured(first));
  expect(reloaded.runs.getState().undoSteps).toEqual([]);
  const fresh = openRuns({ config: experiment });
  await until(fresh.store, phase('paused'));
  await quiet(50);
  expect(fresh.store.getState().shown?.step).toBe(0);
});

it('a run that was left, or another configuration than the address names, does not come back', async () => {
  const page = openRuns({ config: experiment });
  page.actions.play();
  await until(page.store, ({ checkpoint }) => checkpoint !== null);
  page.ports[0].terminate();
  await quiet(20);
  const other = openRuns({ config: { ...experiment, seed: 5 } });
  await until(other.store, phase('paused'));
  await quiet(50);
  expect(other.store.getState().shown?.step).toBe(0);

  const same = openRuns({ config: experiment });
  const back = await until(same.store, (state) => state.phase.kind === 'paused' && (state.shown?.step ?? 0) > 0);
  // A clock that was set back does not make the latest run the oldest, which would make room first.
  const clock = vi.spyOn(Date, 'now').mockReturnValue(0);
  same.actions.newSeed();
  same.actions.step();
  const { id: latest } = await until(same.store, ({ id, shown }) => id !== back.id && shown?.step === 1);
  await untilRuns(same, ({ entries }) => entries.some(({ id }) => id === latest));
  const { entries } = same.runs.getState();
  expect(entries.toSorted((one, other) => other.keptAt - one.keptAt).map(({ id }) => id)).toEqual([latest, back.id]);
  clock.mockRestore();
  same.runsActions.undo();
  expect(same.store.getState()).toMatchObject({
    id: back.id,
    phase: { kind: 'kept' },
    checkpoint: { step: back.shown?.step },
  });
  same.actions.reset();
  await quiet(20);
  const later = openRuns({ config: experiment });
  await until(later.store, phase('paused'));
  await quiet(50);
  expect(later.store.getState().shown?.step).toBe(0);
});

it('a checkpoint that cannot be used leaves the run to be seen, says why, and Play begins anew', async () => {
  const page = openRuns({ config: experiment });
  page.actions.play();
  const { id } = await until(page.store, ({ checkpoint }) => checkpoint !== null);
  page.ports[0].terminate();
  await quiet(20);
  const kept = await page.archive.read(id);
  if (kept?.checkpoint === undefined || kept.checkpoint === null) throw new Error('It keeps a checkpoint.');
  const otherData = { ...kept.checkpoint, data: { ...kept.checkpoint.data, labels: 1 } };
  await page.archive.keep({ ...kept, checkpoint: otherData });
  const again = openRuns({ config: experiment });
  const back = await until(again.store, phase('kept'));
  expect(back.checkpoint).toBeNull();
  expect(back.notices.map(({ text }) => text).join()).toContain('The checkpoint cannot be used');
  expect((await finished(again)).id).not.toBe(id);
});
