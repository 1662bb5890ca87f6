import 'fake-indexeddb/auto';
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { clear, createStore, keys, set } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import { storageSilence } from '../../../src/link/browserStore.ts';
import { defaultPlan, plannedRuns, type SweepPlan } from '../../../src/state/sweepPlan.ts';
import { sweepProgress, type SweepState } from '../../../src/state/sweepState.ts';
import { createRunLock } from '../../../src/state/thisBrowser.ts';
import { finishedRun } from './finishedRun.ts';
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

// oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this`
const { put } = IDBObjectStore.prototype;
const stored = async () => (await keys<string>(createStore('mir-lab-runs', 'runs'))).sort();
const everythingKept = ({ unkept, runs }: SweepState) => runs.size === planned.length && unkept.size === 0;

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('storage that never answers is waited for once, said when that lasts, and done without; once it answers, it gets all', async () => {
  const real = indexedDB;
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  const { store, notices, until, runAll, look } = openPage();
  await runAll();
  expect([...store.getState().runs.keys()].sort()).toEqual(planned);
  await until(({ keepingFails, unkept }) => keepingFails && unkept.size === planned.length);
  const later = performance.now() + storageSilence;
  vi.spyOn(performance, 'now').mockReturnValue(later);
  void look();
  await vi.waitFor(() => expect(notices).toHaveLength(1), { timeout: 10_000 });
  expect(notices).toEqual([
    expect.stringContaining('Finished runs cannot be kept here: the browser’s storage does not answer'),
  ]);
  vi.stubGlobal('indexedDB', real);
  void look();
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
    void look();
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
    void look();
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
  void look();
  await until(everythingKept);
  expect(await stored()).toEqual(planned);
});

it('a run counts as finished and kept once storage has it, and a sweep goes on in a page after one that was closed before', async () => {
  const had = new Set<unknown>();
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    this.transaction.addEventListener('complete', () => had.add(key));
    return put.call(this, value, key);
  });
  const page = openPage();
  await page.idle();
  const early = new Set<string>();
  page.store.subscribe((state) => {
    for (const key of state.runs.keys()) if (!state.unkept.has(key) && !had.has(key)) early.add(key);
    const { done } = sweepProgress(plannedRuns(plan), state);
    const ofPlan = planned.filter((key) => had.has(key)).length;
    if (done > ofPlan) early.add(`${done} finished, ${ofPlan} stored`);
  });
  page.recorded.pool.onEvent(({ kind }) => {
    if (kind === 'done') page.close();
  });
  page.actions.run();
  await page.recorded.over();
  expect([...early]).toEqual([]);
  const next = openPage();
  await next.until(everythingKept);
  expect(next.recorded.ports.length).toBeGreaterThan(0);
  expect(await stored()).toEqual(planned);
});

it('what another page announces and storage does not hold, or holds of another version, is not taken as kept', async () => {
  const { store, notices, until, runAll, look } = openPage();
  const other = finishedRun({ seed: 9 });
  const older = { ...finishedRun(), version: '0.0.1' };
  // No room for runs of the plan, but for what other pages store.
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    if (planned.includes(key as string) && value !== older) throw new DOMException('full', 'QuotaExceededError');
    return put.call(this, value, key);
  });
  await runAll();
  await until(({ keepingFails, unkept }) => keepingFails && unkept.size === planned.length);
  await set(runKey(other.config), other, createStore('mir-lab-runs', 'runs'));
  const channel = new BroadcastChannel('mir-lab-runs');
  channel.postMessage({ kind: 'kept', keys: [...planned, runKey(other.config)] });
  await until(({ runs }) => runs.size > planned.length);
  await look();
  expect(store.getState().unkept.size).toBe(planned.length);
  await set(planned[0], older, createStore('mir-lab-runs', 'runs'));
  await look();
  expect(store.getState().unkept.size).toBe(planned.length);
  expect(notices.join()).not.toContain('cleared');
  channel.close();
});

describe('two pages', () => {
  it('show each other what they finish, and none does it again', async () => {
    const [first, second, blocked] = [openPage(), openPage(), openPage()];
    await second.idle();
    await blocked.idle();
    blocked.recorded.pool.onEvent(({ kind }) => {
      if (kind === 'workers') queueMicrotask(() => blocked.recorded.ports[0].crash('does not load here'));
    });
    blocked.actions.run();
    await blocked.until(({ phase }) => phase.kind === 'blocked');
    await first.runAll();
    await second.until(everythingKept);
    second.actions.run();
    expect(second.recorded.ports).toHaveLength(0);
    await blocked.until((state) => everythingKept(state) && state.phase.kind === 'idle');
    first.actions.clear();
    await second.until(({ runs }) => runs.size === 0);
    expect(await stored()).toEqual([]);
  });

  it('take no browser that refuses locks, as where storage is forbidden, for another page', async () => {
    const request = () => Promise.reject(new DOMException('Access to the Locks API is denied.', 'SecurityError'));
    vi.stubGlobal('navigator', { locks: { request } });
    const page = openPage();
    await page.runAll();
    expect(page.notices.join()).not.toContain('Another page');
    expect(await createRunLock().hold('a run', 10)).toBe(true);
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
