import { readRunFile } from '../../../src/link/client.ts';
import { checkRunFileText } from '../../../src/core/runFile.ts';
import { describe, expect, it, vi } from 'vitest';
import { laneConfigs } from '../../../src/core/config.ts';
import { runFileText } from '../../../src/state/runFile.ts';
import { quiet, smallExperiment, smallTotalSteps } from '../worker/recordedPlayer.ts';
import { openLab, phase, until } from './openLab.ts';
import { smallRun } from './smallRun.ts';

vi.setConfig({ testTimeout: 60_000 });

describe('opening the lab', () => {
  it('gets the first run ready, paused at step 0, with backend and example images', async () => {
    const { store } = openLab({ problems: ['The address has a fault.'] });
    expect(store.getState()).toMatchObject({ run: 1, phase: { kind: 'loading' }, shown: null });
    const state = await until(store, phase('paused'));
    expect(state.shown).toMatchObject({
      config: smallExperiment,
      step: 0,
      totalSteps: smallTotalSteps,
      backend: { name: 'cpu' },
      engineVersion: '0.1.0',
    });
    expect(
      state.shown?.lanes.map(({ method, retrieval, evaluations }) => [method, retrieval, evaluations.length]),
    ).toEqual([
      ['er', 'random', 1],
      ['er-mir', 'mir', 1],
    ]);
    expect(state.taskImages).toHaveLength(5);
    expect(state.notices).toEqual([{ id: 1, tone: 'warning', text: 'The address has a fault.', action: null }]);
  });
});

describe('playing', () => {
  it('pressed while loading is shown, and happens once the run is ready', async () => {
    const { store, actions } = openLab();
    actions.play();
    expect(store.getState().phase).toEqual({ kind: 'loading', progress: null, playWhenReady: true });
    const state = await until(store, phase('finished'));
    expect(state.shown).toMatchObject({ step: smallTotalSteps, task: 5, evaluating: null });
    expect(state.shown?.lanes.map(({ losses }) => losses.length)).toEqual([smallTotalSteps, smallTotalSteps]);
    expect(state.stepsPerSecond).toBe(0);
  });

  it('pauses, steps and goes on', async () => {
    // No evaluation within the first task: a pause would hold in the middle of it.
    const { store, actions } = openLab({ config: { ...smallExperiment, evaluationInterval: 1_000 } });
    actions.setSpeed(20);
    actions.play();
    await until(store, (state) => (state.shown?.step ?? 0) > 0);
    actions.pause();
    expect(store.getState()).toMatchObject({ phase: { kind: 'paused' }, stepsPerSecond: 0 });
    // The worker takes one step more at most, and reads back what it has.
    const paused = await until(store, ({ shown }) => shown !== null && shown.lanes[1].losses.length === shown.step);
    await quiet();
    expect(store.getState().phase.kind).toBe('paused');
    expect(store.getState().shown?.step).toBe(paused.shown?.step);
    const at = paused.shown?.step ?? 0;
    expect(paused.shown?.lanes[0].losses).toHaveLength(at);
    actions.step();
    const stepped = await until(store, (state) => state.shown?.step === at + 1);
    await quiet();
    expect(store.getState().phase.kind).toBe('paused');
    expect(store.getState().shown?.step).toBe(at + 1);
    expect(stepped.shown?.lanes[1].trace?.step).toBe(at + 1);
    expect(stepped.shown?.lanes[1].losses).toHaveLength(at + 1);
  });

  it('after the end begins again with the next seed, while Step there does nothing', async () => {
    const { store, actions } = openLab();
    actions.play();
    await until(store, phase('finished'));
    actions.step();
    expect(store.getState().phase.kind).toBe('finished');
    actions.play();
    expect(store.getState()).toMatchObject({
      run: 2,
      config: { seed: smallExperiment.seed + 1 },
      shown: { step: 0 },
      phase: { playWhenReady: true },
    });
    await until(store, phase('playing', 2));
  });
});

describe('starting over', () => {
  it('by Reset gives the identical curves, and clears the flips of retrieval', async () => {
    const { store, actions } = openLab();
    actions.play();
    const first = await until(store, phase('finished'));
    actions.reset();
    expect(store.getState()).toMatchObject({
      run: 2,
      phase: { kind: 'loading' },
      shown: { step: 0, tasks: first.shown?.tasks },
    });
    const ready = await until(store, phase('paused', 2));
    actions.setRetrieval(0, 'mir');
    expect(store.getState().shown?.lanes[0].retrieval).toBe('mir');
    actions.play();
    const flipped = await until(store, phase('finished', 2));
    expect(flipped.shown?.changes).toEqual([{ lane: 0, step: 0, retrieval: 'mir' }]);
    expect(flipped.shown?.lanes[0].losses).toEqual(flipped.shown?.lanes[1].losses);
    actions.reset();
    actions.play();
    const again = await until(store, phase('finished', 3));
    expect(again.shown?.changes).toEqual([]);
    expect(again.shown?.lanes.map(({ losses }) => losses)).toEqual(first.shown?.lanes.map(({ losses }) => losses));
    expect(again.shown?.lanes.map(({ evaluations }) => evaluations)).toEqual(
      first.shown?.lanes.map(({ evaluations }) => evaluations),
    );
    expect(ready.shown?.lanes[0].evaluations[0]).toEqual(first.shown?.lanes[0].evaluations[0]);
  });

  it('with a flip before the run is ready keeps the flip', async () => {
    const { store, actions } = openLab();
    await until(store, phase('paused'));
    actions.reset();
    actions.setRetrieval(1, 'random');
    await until(store, phase('paused', 2));
    expect(store.getState().shown?.lanes[1].retrieval).toBe('random');
    actions.play();
    const state = await until(store, phase('finished'));
    expect(state.shown?.changes).toEqual([{ lane: 1, step: 0, retrieval: 'random' }]);
  });

  it('with a new seed changes the seed and the numbers', async () => {
    const { store, actions } = openLab();
    actions.step();
    const before = await until(store, (state) => state.shown?.step === 1);
    actions.newSeed();
    actions.step();
    const after = await until(store, (state) => state.run === 2 && state.shown?.step === 1);
    expect(after.config.seed).not.toBe(smallExperiment.seed);
    expect(after.shown?.config).toEqual({ ...smallExperiment, seed: after.config.seed });
    expect(after.shown?.lanes[0].losses).toHaveLength(1);
    expect(after.shown?.lanes[0].losses).not.toEqual(before.shown?.lanes[0].losses);
  });

  it('follows changes of lanes and settings, and only those', async () => {
    const { store, actions } = openLab();
    await until(store, phase('paused'));
    actions.addLane('fine-tune');
    actions.setLaneMethod(0, 'iid-online');
    actions.removeLane(1);
    actions.applySettings({ budget: 3, hidden: 8 });
    expect(store.getState().run).toBe(5);
    actions.applySettings({ budget: 3 });
    actions.setLaneMethod(0, 'iid-online');
    expect(store.getState().run).toBe(5);
    const state = await until(store, phase('paused', 5));
    expect(state.shown?.config).toEqual({
      ...smallExperiment,
      lanes: ['iid-online', 'fine-tune'],
      budget: 3,
      hidden: 8,
    });
    expect(state.shown?.lanes.map(({ retrieval }) => retrieval)).toEqual([null, null]);
  });

  it('keeps every setting that is right, and names the others', async () => {
    const { store, actions } = openLab();
    actions.applySettings({ budget: 0, hidden: 8 });
    expect(store.getState().config).toEqual({ ...smallExperiment, hidden: 8 });
    expect(store.getState().notices).toEqual([
      {
        id: 1,
        tone: 'error',
        text: 'budget is 0; allowed is a whole number from 1 to 100. It stays as it was.',
        action: null,
      },
    ]);
    actions.dismiss(1);
    for (let i = 0; i < 4; i++) actions.addLane('er');
    expect(store.getState().config.lanes).toHaveLength(4);
    expect(store.getState().notices).toHaveLength(1);
    for (let i = 0; i < 5; i++) actions.removeLane(0);
    expect(store.getState().config.lanes).toEqual(['er']);
    await until(store, phase('paused'));
  });
});

describe('an imported run', () => {
  it('is shown as curves, safe from the run before it, until Reset', async () => {
    const { store, actions } = openLab();
    actions.play();
    await until(store, phase('playing'));
    await actions.importRun('monday.json', () => Promise.resolve(checkRunFileText(runFileText(smallRun))));
    const imported = store.getState();
    expect(imported.phase).toEqual({ kind: 'imported', fileName: 'monday.json' });
    expect(imported.shown?.lanes[0]).toEqual(smallRun.lanes[0]);
    expect(imported.config).toEqual(smallExperiment);
    await quiet();
    expect(store.getState().shown).toBe(imported.shown);
    actions.reset();
    expect(store.getState().shown).toMatchObject({ config: smallExperiment, step: 0, changes: [] });
    await until(store, phase('paused'));
    expect(store.getState().shown?.totalSteps).toBe(smallTotalSteps);
  });

  it('is left by Play and by Step, which train its own configuration', async () => {
    const { store, actions } = openLab();
    const other = { ...smallExperiment, seed: 8 };
    const lanes = smallRun.lanes.map((lane) => ({
      ...lane,
      evaluations: lane.evaluations.map((evaluation) => ({ ...evaluation, seed: 8 })),
    }));
    const file = runFileText({ ...smallRun, lanes, config: other, runConfigs: laneConfigs(other) });
    await actions.importRun('a.json', () => Promise.resolve(checkRunFileText(file)));
    actions.step();
    await until(store, (state) => state.phase.kind === 'paused' && state.shown?.step === 1);
    expect(store.getState().config).toEqual(other);
    await actions.importRun('a.json', () => Promise.resolve(checkRunFileText(file)));
    actions.play();
    const state = await until(store, phase('finished'));
    expect(state.shown?.config).toEqual(other);
  });

  it('that is given up while it is read leaves what is shown, and its worker ends', async () => {
    const { store, actions } = openLab();
    await until(store, phase('paused'));
    const before = store.getState();
    let ended = false;
    const port = { postMessage: () => {}, addEventListener: () => {}, terminate: () => (ended = true) };
    const file = new File([runFileText(smallRun)], 'monday.json');
    const reading = actions.importRun(file.name, (signal) => readRunFile(file, signal, () => port));
    expect(store.getState().opening).toEqual({ what: 'monday.json', loaded: 0, total: 0 });
    actions.stopOpening();
    await reading;
    expect(ended).toBe(true);
    expect(store.getState()).toEqual(before);
  });

  it('that is bad changes nothing but the notices', async () => {
    const { store, actions } = openLab();
    await until(store, phase('paused'));
    const before = store.getState();
    await actions.importRun('notes.txt', () => Promise.resolve(checkRunFileText('Dear diary')));
    const { notices, ...after } = store.getState();
    expect(after).toEqual({ ...before, notices: undefined });
    expect(notices).toEqual([
      {
        id: 1,
        tone: 'error',
        text: 'notes.txt: The file is not JSON, or it is cut off. Choose a file that "Export run" wrote.',
        action: null,
      },
    ]);
  });
});

it('keeps speed and backend choice for the runs to come', async () => {
  const { store, actions, sent } = openLab();
  actions.setSpeed(3);
  actions.setBackend('wasm');
  expect(store.getState()).toMatchObject({ run: 2, speed: 3, backendChoice: 'wasm' });
  expect(sent.slice(1)).toEqual([
    { kind: 'speed', speed: 3 },
    { kind: 'start', run: 2, experiment: smallExperiment, backend: 'wasm', play: false, speed: 3 },
  ]);
  await until(store, phase('paused', 2));
});
