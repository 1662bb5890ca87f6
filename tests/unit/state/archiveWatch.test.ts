import 'fake-indexeddb/auto';
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { clear, createStore, keys } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import { defaultPlan, plannedRuns, type SweepPlan } from '../../../src/state/sweepPlan.ts';
import type { SweepState } from '../../../src/state/sweepState.ts';
import { openSweep, until } from './openLab.ts';

const plan: SweepPlan = {
  ...defaultPlan(1),
  rows: ['split-mnist.er'],
  seeds: { first: 0, last: 2 },
  changes: { samplesPerTask: 10, hidden: 4, filters: null, learningRate: null },
  backend: 'cpu',
};
const planned = plannedRuns(plan).map(runKey).sort();

function openPage(wanted = plan) {
  const page = openSweep(wanted);
  const { store, actions } = page;
  const reached = (condition: (state: SweepState) => boolean) => until(store, condition);
  const idle = () => reached(({ phase }) => phase.kind === 'idle');
  /** Runs the plan to its end, with everything kept that can be. */
  const runAll = async () => {
    await idle();
    actions.run();
    await reached(
      ({ runs, phase, active }) => runs.size === planned.length && phase.kind === 'idle' && active.size === 0,
    );
  };
  return { ...page, until: reached, idle, runAll };
}

const stored = async () => (await keys<string>(createStore('mir-lab-runs', 'runs'))).sort();
const everythingKept = ({ unkept, runs }: SweepState) => runs.size === planned.length && unkept.size === 0;

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('storage that never answers is waited for once, said, and done without; once it answers, it gets all', async () => {
  const real = indexedDB;
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  const { store, notices, until, runAll, look } = openPage();
  await runAll();
  expect(notices).toEqual([
    expect.stringContaining('Finished runs cannot be kept here: the browser’s storage does not answer'),
  ]);
  expect([...store.getState().runs.keys()].sort()).toEqual(planned);
  await until(({ keepingFails, unkept }) => keepingFails && unkept.size === planned.length);
  vi.stubGlobal('indexedDB', real);
  look();
  await until(everythingKept);
  expect(await stored()).toEqual(planned);
});

describe('storage that is cleared', () => {
  it('while runs go on gets the finished ones again, and that is said before the sweep is over', async () => {
    const many = plannedRuns({ ...plan, seeds: { first: 0, last: 7 } });
    const { store, actions, notices, until, idle } = openPage({ ...plan, seeds: { first: 0, last: 7 } });
    await idle();
    actions.run();
    await until(({ runs, unkept }) => runs.size > unkept.size);
    actions.pause();
    await clear(createStore('mir-lab-runs', 'runs'));
    expect(store.getState().runs.size).toBeLessThan(many.length);
    actions.run();
    await vi.waitFor(() =>
      expect(notices).toEqual([
        expect.stringMatching(/cleared while this page was open: \d finished runs? w.* gone.*kept them again/),
      ]),
    );
    await until(({ runs, unkept }) => runs.size === many.length && unkept.size === 0);
    expect(await stored()).toEqual(many.map(runKey).sort());
  });

  it('after the sweep gets all of them again at the next look', async () => {
    const { notices, until, runAll, look } = openPage();
    await runAll();
    await until(everythingKept);
    await clear(createStore('mir-lab-runs', 'runs'));
    look();
    await vi.waitFor(() => expect(notices).toEqual([expect.stringContaining('3 finished runs were gone')]));
    expect(await stored()).toEqual(planned);
  });

  it('with its connections closed is opened anew', async () => {
    const { until, runAll, look } = openPage();
    await runAll();
    await until(everythingKept);
    // As after "Clear site data": a connection that was closed without an event.
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('The database connection is closing.', 'InvalidStateError');
    });
    vi.stubGlobal('indexedDB', new IDBFactory());
    look();
    await vi.waitFor(async () => expect(await stored()).toEqual(planned));
  });
});

it('storage that is full leaves runs shown and not counted as kept, says so at once, and takes them once there is room', async () => {
  const { store, notices, until, runAll, look } = openPage();
  const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  await runAll();
  await until(({ keepingFails, unkept }) => keepingFails && unkept.size === planned.length);
  expect(notices).toEqual([expect.stringContaining('the browser’s storage is full')]);
  expect([...store.getState().runs.keys()].sort()).toEqual(planned);
  expect(await stored()).toEqual([]);
  full.mockRestore();
  look();
  await until(everythingKept);
  expect(await stored()).toEqual(planned);
});

describe('two pages', () => {
  it('show each other what they finish, and none does it again', async () => {
    const [first, second] = [openPage(), openPage()];
    await second.idle();
    await first.runAll();
    await second.until(everythingKept);
    second.actions.run();
    expect(second.recorded.ports).toHaveLength(0);
    first.actions.clear();
    await second.until(({ runs }) => runs.size === 0);
    expect(await stored()).toEqual([]);
  });

  it('read before Run what the other has finished, where pages hear nothing of each other', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    const second = openPage();
    await second.idle();
    const first = openPage();
    await first.runAll();
    await first.until(everythingKept);
    expect(second.store.getState().runs.size).toBe(0);
    second.actions.run();
    await second.until(everythingKept);
    expect(second.recorded.ports).toHaveLength(0);
    expect(second.store.getState().phase.kind).toBe('idle');
  });
});

it('the browser is asked to keep what is stored when a sweep starts, and a no is known', async () => {
  const persist = vi.fn(() => Promise.resolve(false));
  vi.stubGlobal('navigator', { storage: { persist } });
  const { until, runAll } = openPage();
  expect(persist).not.toHaveBeenCalled();
  await runAll();
  await until(({ persisted }) => persisted === false);
  expect(persist).toHaveBeenCalledTimes(1);
});
