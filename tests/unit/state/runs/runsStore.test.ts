import { checkRunFileText } from '../../../../src/core/runFile.ts';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keptFileText, readKeptFile } from '../../../../src/state/keptFile.ts';
import { runFileText } from '../../../../src/state/runFile.ts';
import { openKeptRunArchive } from '../../../../src/state/runs/keepRuns.ts';
import { smallExperiment, smallTotalSteps } from '../../worker/recordedPlayer.ts';
import { phase, until } from '../openLab.ts';
import { smallRun } from '../smallRun.ts';
import { openRuns, untilRuns } from './openRuns.ts';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => vi.unstubAllGlobals());

/** The runs that storage holds, as another page would find them. */
const stored = async () => (await openKeptRunArchive(() => expect.unreachable()).list()) ?? [];

describe('runs are kept', () => {
  it('from the first step on, with their numbers, and one from before Reset stays', async () => {
    const page = openRuns();
    await until(page.store, phase('paused'));
    expect(await stored()).toEqual([]);
    page.actions.play();
    const first = await until(page.store, phase('finished'));
    page.actions.reset();
    page.actions.step();
    await until(
      page.store,
      (state) => state.id !== first.id && state.phase.kind === 'paused' && state.shown?.step === 1,
    );
    await vi.waitFor(async () => expect(await stored()).toHaveLength(2));
    const entries = await stored();
    const finished = entries.find(({ id }) => id === first.id);
    expect(finished).toMatchObject({ finished: true, left: true, step: smallTotalSteps, config: smallExperiment });
    expect(finished?.lanes.map(({ accuracy }) => accuracy)).toEqual(
      first.shown?.lanes.map(({ evaluations }) => evaluations.at(-1)?.averageAccuracy),
    );
    expect(entries.find(({ id }) => id !== first.id)).toMatchObject({ finished: false, left: false, step: 1 });
  });

  it('with everything in the file of all that is kept, and come back from it in another browser', async () => {
    const page = openRuns();
    await until(page.store, phase('paused'));
    page.actions.play();
    const first = await until(page.store, phase('finished'));
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1));
    const text = keptFileText([], await page.runsActions.exported());
    vi.stubGlobal('indexedDB', new IDBFactory());
    const other = openRuns({ config: { ...smallExperiment, seed: 9 } });
    await until(other.store, phase('paused'));
    const reading = await readKeptFile(new File([text], 'all.json'), new Map());
    if (reading.kind !== 'runs') throw new Error(reading.kind);
    expect(await other.runsActions.takeIn(reading.labRuns)).toEqual({ taken: 1, known: 0, unreadable: 0 });
    expect(await other.runsActions.takeIn([...reading.labRuns, {}, { entry: {} }, 7])).toEqual({
      taken: 0,
      known: 1,
      unreadable: 3,
    });
    expect(await stored()).toMatchObject([{ id: first.id, finished: true, step: smallTotalSteps }]);
    other.runsActions.show(first.id);
    const { shown } = await until(other.store, ({ id, shown }) => id === first.id && shown !== null);
    const known = (run: typeof shown) =>
      run?.lanes.map(({ evaluations, losses }) => [evaluations.map((each) => each.accuracyByTask), [...losses]]);
    expect(known(shown)).toEqual(known(first.shown));
    expect(shown?.lanes[0].evaluations.at(-1)?.confusion).toEqual(first.shown?.lanes[0].evaluations.at(-1)?.confusion);
  });

  it('when the page goes while one plays', async () => {
    const page = openRuns();
    page.actions.setSpeed(50);
    page.actions.play();
    const { id } = await until(page.store, (state) => (state.shown?.step ?? 0) >= 7);
    page.hide();
    await vi.waitFor(async () => {
      const entry = (await stored()).find((known) => known.id === id);
      expect(entry?.step).toBeGreaterThanOrEqual(7);
      expect(entry?.left).toBe(false);
    });
  });

  it('each once, by several pages at a time', async () => {
    const pages = [openRuns(), openRuns({ config: { ...smallExperiment, seed: 9 } })];
    for (const { actions } of pages) actions.step();
    for (const { store } of pages)
      await until(store, (state) => state.phase.kind === 'paused' && state.shown?.step === 1);
    await vi.waitFor(async () =>
      expect((await stored()).map(({ config }) => config.seed).sort((a, b) => a - b)).toEqual([0, 9]),
    );
  });

  it('until the page is closed where storage is forbidden, which is said at once', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const page = openRuns();
    await until(page.store, ({ notices }) => notices.some(({ text }) => text.startsWith('Runs cannot be kept')));
    page.actions.play();
    const { id, shown } = await until(page.store, phase('finished'));
    page.actions.newSeed();
    page.runsActions.show(id);
    const again = await until(page.store, (state) => state.id === id);
    expect(again.shown?.lanes.map(({ losses }) => losses)).toEqual(shown?.lanes.map(({ losses }) => losses));
  });
});

describe('Undo', () => {
  it('brings a finished run back as it was shown, by way of several changes', async () => {
    const page = openRuns();
    page.actions.play();
    const first = await until(page.store, phase('finished'));
    page.actions.setLaneMethod(0, 'fine-tune');
    page.actions.addLane('er');
    expect(page.runs.getState().undoSteps.map(({ words }) => words)).toEqual([
      'Back to the run before the change of method',
      'Back to what was before a lane was added',
    ]);
    page.runsActions.undo();
    expect(page.store.getState().config.lanes).toEqual(['fine-tune', 'er-mir']);
    page.runsActions.undo();
    const { phase: now, shown, config, id, taskImages } = page.store.getState();
    expect({ now, shown, config, id, taskImages }).toEqual({
      now: { kind: 'finished' },
      shown: first.shown,
      config: first.config,
      id: first.id,
      taskImages: first.taskImages,
    });
    expect(page.runs.getState().undoSteps).toEqual([]);
    page.actions.play();
    const next = await until(page.store, phase('finished'));
    expect(next.shown?.config).toEqual({ ...smallExperiment, seed: 1 });
  });

  it('brings back a run that was under way, and Play then runs its configuration', async () => {
    const page = openRuns();
    page.actions.setSpeed(50);
    page.actions.play();
    await until(page.store, (state) => (state.shown?.step ?? 0) >= 12);
    page.actions.newSeed();
    page.runsActions.undo();
    const back = page.store.getState();
    expect(back).toMatchObject({ phase: { kind: 'kept' }, config: smallExperiment });
    expect(back.shown?.step).toBeGreaterThanOrEqual(12);
    expect(back.shown?.lanes[0].evaluations.length).toBeGreaterThan(2);
    page.actions.play();
    const { shown } = await until(page.store, phase('playing'));
    expect(shown?.config).toEqual(smallExperiment);
  });

  it('takes back an import, and the import stays among the runs', async () => {
    const page = openRuns();
    page.actions.play();
    const first = await until(page.store, phase('finished'));
    await page.actions.importRun('monday.json', () => Promise.resolve(checkRunFileText(runFileText(smallRun))));
    page.runsActions.undo();
    expect(page.store.getState().id).toBe(first.id);
    const { entries } = await untilRuns(page, (state) => state.entries.length === 2);
    expect(entries.map(({ fileName }) => fileName)).toContain('monday.json');
  });

  it('brings back a deleted run', async () => {
    const page = openRuns();
    page.actions.play();
    const { id, shown } = await until(page.store, phase('finished'));
    page.actions.newSeed();
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1));
    page.runsActions.remove(id);
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    expect(page.runs.getState().entries).toEqual([]);
    page.runsActions.undo();
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1));
    page.runsActions.show(id);
    const again = await until(page.store, (state) => state.id === id);
    const { evaluations = [] } = shown?.lanes[1] ?? {};
    expect(again.shown?.lanes[1].evaluations).toEqual(
      evaluations.map(({ confusion, ...evaluation }) =>
        evaluation.taskEnd && confusion ? { ...evaluation, confusion } : evaluation,
      ),
    );
  });
});

it('Play beside an imported run overlays that one', async () => {
  const page = openRuns();
  await page.actions.importRun('a.json', () => Promise.resolve(checkRunFileText(runFileText(smallRun))));
  const imported = page.store.getState();
  expect(imported.phase.kind).toBe('imported');
  page.actions.play();
  expect(page.runs.getState().overlay).toEqual({ id: imported.id, shown: imported.shown });
  page.runsActions.overlay(imported.id);
  await untilRuns(page, ({ overlay }) => overlay === null);
});
