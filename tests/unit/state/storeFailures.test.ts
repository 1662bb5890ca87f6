import { describe, expect, it, vi } from 'vitest';
import { DataError } from '../../../src/core/dataset.ts';
import type { Sources } from '../../../src/worker/datasetSources.ts';
import { type DataSource, wholeDataset } from '../../../src/worker/preparedSource.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';
import { quiet } from '../worker/recordedPlayer.ts';
import { openLab, phase, until } from './openLab.ts';

vi.setConfig({ testTimeout: 60_000 });

describe('when something breaks', () => {
  it('a dead worker leaves what was shown, and a new one starts again', async () => {
    const { store, actions, ports } = openLab();
    await until(store, phase('paused'));
    actions.step();
    await until(store, (state) => state.shown?.step === 1);
    const { shown } = store.getState();
    ports[0].crash('out of memory');
    expect(store.getState().shown).toBe(shown);
    expect(store.getState().phase).toMatchObject({
      kind: 'lost',
      failure: { message: 'Training stopped: out of memory. Start again.' },
      before: { kind: 'paused' },
    });
    actions.startAgain();
    await until(store, phase('paused', 2));
    expect(ports).toHaveLength(2);
    actions.play();
    await until(store, phase('finished', 2));
  });

  it('a worker that only seemed dead goes on where it was', async () => {
    const { store, actions, ports } = openLab();
    actions.play();
    await until(store, phase('playing'));
    ports[0].crash('a moment');
    expect(store.getState().phase.kind).toBe('lost');
    await until(store, phase('finished'));
    expect(ports).toHaveLength(1);
  });

  it('a run that failed is started again in a new worker', async () => {
    let broken = true;
    const startBackend = () =>
      broken ? Promise.reject(new Error('No backend could be started.')) : startTestBackend('cpu');
    const { store, actions, ports } = openLab({}, { startBackend });
    const failed = await until(store, phase('failed'));
    expect(failed.phase).toMatchObject({ failure: { message: 'No backend could be started.' } });
    broken = false;
    actions.play();
    await until(store, phase('finished'));
    expect(ports).toHaveLength(2);
  });
});

describe("the viewer's own data", () => {
  const files = [new File(['x'], 'train-images')];
  const partial = {
    kind: 'partial',
    dataset: syntheticDataset(20, 5),
    problems: [{ count: 3, text: '3 images are missing.' }],
  } as const;

  it('start the run that has failed for want of them, in the same worker', async () => {
    let source: DataSource | null = null;
    const sources: Sources = {
      of: () =>
        source
          ? Promise.resolve(source)
          : Promise.reject(new DataError({ name: 'MNIST', remedy: 'Open it.' }, 'is not here', null)),
      use: (_, dataset) => (source = wholeDataset(dataset)),
    };
    const { store, actions, ports } = openLab(
      {},
      { sources, openFiles: () => Promise.resolve({ name: 'mnist', opened: partial }) },
    );
    const failed = await until(store, phase('failed'));
    expect(failed.phase).toMatchObject({ failure: { name: 'DataError', message: 'MNIST is not here. Open it.' } });
    actions.openData(files);
    await until(store, ({ partialData }) => partialData !== null);
    actions.usePartialData(true);
    const state = await until(store, phase('paused', 2));
    expect(state.shown?.tasks[0].trainingImages).toBe(30);
    expect(ports).toHaveLength(1);
  });

  it('that were used in part are used so again in a new worker, without asking again', async () => {
    const { store, actions, ports } = openLab(
      {},
      { openFiles: () => Promise.resolve({ name: 'mnist', opened: partial }) },
    );
    await until(store, phase('paused'));
    actions.openData(files);
    await until(store, ({ partialData }) => partialData !== null);
    actions.usePartialData(true);
    await until(store, phase('paused', 2));
    ports[0].crash('out of memory');
    actions.startAgain();
    const again = await until(store, phase('paused', 3));
    expect(again).toMatchObject({ partialData: null, shown: { tasks: [{ trainingImages: 30 }, {}, {}, {}, {}] } });
  });

  it('start a new run once they are open, and are opened again in a new worker', async () => {
    const { store, actions, ports } = openLab(
      {},
      {
        openFiles: () =>
          Promise.resolve({ name: 'mnist', opened: { kind: 'whole', dataset: syntheticDataset(20, 5) } }),
      },
    );
    await until(store, phase('paused'));
    actions.openData(files);
    const state = await until(store, phase('paused', 2));
    expect(state.shown?.tasks[0].trainingImages).toBe(30);
    expect(state.notices.map(({ tone, text }) => [tone, text])).toEqual([
      ['info', 'Opened synthetic: 200 training and 50 test images.'],
    ]);
    ports[0].crash('out of memory');
    actions.startAgain();
    const again = await until(store, phase('paused', 3));
    expect(again.shown?.tasks[0].trainingImages).toBe(30);
    await quiet();
    expect(store.getState().run).toBe(3);
  });

  it('can be opened where the worker is dead', async () => {
    const { store, actions, ports } = openLab(
      {},
      {
        openFiles: () =>
          Promise.resolve({ name: 'mnist', opened: { kind: 'whole', dataset: syntheticDataset(20, 5) } }),
      },
    );
    await until(store, phase('paused'));
    ports[0].crash('out of memory');
    actions.openData(files);
    const state = await until(store, phase('paused', 2));
    expect(state.shown?.tasks[0].trainingImages).toBe(30);
    expect(ports).toHaveLength(2);
  });

  it('that are not whole wait for the viewer’s word', async () => {
    const { store, actions } = openLab({}, { openFiles: () => Promise.resolve({ name: 'mnist', opened: partial }) });
    await until(store, phase('paused'));
    actions.openData(files);
    const asked = await until(store, ({ partialData }) => partialData !== null);
    expect(asked.partialData).toEqual({
      description: 'synthetic: 200 training and 50 test images',
      problems: ['3 images are missing.'],
    });
    actions.usePartialData(false);
    await quiet();
    expect(store.getState()).toMatchObject({ run: 1, partialData: null });

    actions.openData(files);
    await until(store, ({ partialData }) => partialData !== null);
    actions.usePartialData(true);
    const state = await until(store, phase('paused', 2));
    expect(state.shown?.tasks[0].trainingImages).toBe(30);
    expect(state.partialData).toBeNull();
  });

  it('of another dataset move the experiment to its scenario, with nothing named there', async () => {
    const { store, actions } = openLab(
      {},
      {
        openFiles: () =>
          Promise.resolve({ name: 'cifar10', opened: { kind: 'whole', dataset: syntheticDataset(20, 5) } }),
      },
    );
    await until(store, phase('paused'));
    const { seed, lanes } = store.getState().config;
    actions.openData(files);
    const state = await until(store, ({ run }) => run === 2);
    expect(state.config).toEqual({ scenario: 'split-cifar10', seed, lanes });
  });

  it('that are refused leave the run as it was', async () => {
    const { store, actions } = openLab(
      {},
      { openFiles: () => Promise.reject(new Error('train-images is not an IDX file.')) },
    );
    await until(store, phase('paused'));
    const { shown } = store.getState();
    actions.openData(files);
    const state = await until(store, ({ notices }) => notices.length > 0);
    expect(state).toMatchObject({
      run: 1,
      notices: [{ tone: 'error', text: 'train-images is not an IDX file. The data in use stays as it was.' }],
    });
    expect(state.shown).toBe(shown);
  });
});
