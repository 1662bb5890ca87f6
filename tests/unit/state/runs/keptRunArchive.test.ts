import 'fake-indexeddb/auto';
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { clear, createStore } from 'idb-keyval';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { storagePatience, storageSilence } from '../../../../src/link/browserStore.ts';
import { openKeptRunArchive } from '../../../../src/state/runs/keepRuns.ts';
import { keptRun } from '../../../../src/state/runs/keptRun.ts';
import { openRuns } from './openRuns.ts';
import { until } from '../openLab.ts';

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A run of the lab that has come to its second task, so that it has a checkpoint. */
async function runWithCheckpoint() {
  const lab = openRuns();
  lab.actions.play();
  const state = await until(lab.store, ({ shown, checkpoint }) => checkpoint !== null && shown !== null);
  if (state.shown === null || state.checkpoint === null) expect.unreachable();
  const about = { begun: 1, keptAt: 2, left: false, pinned: false };
  const { checkpoint } = state;
  await until(lab.store, ({ phase }) => phase.kind === 'finished');
  return { ...keptRun({ ...state, phase: { kind: 'paused' } }, state.shown, about), checkpoint };
}

it('keeps a run whole again after the browser was cleared, its checkpoint too, and says so', async () => {
  const { checkpoint, ...rest } = await runWithCheckpoint();
  const told: string[] = [];
  vi.stubGlobal('indexedDB', new IDBFactory());
  const archive = openKeptRunArchive((text) => told.push(text));
  await archive.keep({ ...rest, checkpoint });
  await archive.keep(rest);
  await clear(createStore('mir-lab-kept-runs', 'runs'));
  await archive.keep(rest);
  const next = openKeptRunArchive((text) => told.push(text));
  expect((await next.read(rest.entry.id))?.checkpoint?.step).toBe(checkpoint.step);
  expect(told).toEqual([expect.stringContaining('storage was cleared while this page was open')]);
});

it('stores what found no room as soon as there is some, without a change of the run', async () => {
  const run = await runWithCheckpoint();
  vi.stubGlobal('indexedDB', new IDBFactory());
  const told: string[] = [];
  const archive = openKeptRunArchive((text) => told.push(text));
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  await archive.keep(run);
  await archive.keepAgain();
  put.mockRestore();
  const next = openKeptRunArchive((text) => told.push(text));
  expect(await next.list()).toEqual([]);
  await archive.keepAgain();
  expect((await next.read(run.entry.id))?.checkpoint?.step).toBe(run.checkpoint.step);
  expect(told).toEqual([expect.stringContaining('the browser’s storage is full; delete some under Runs')]);
});

it('does without storage that does not answer, says so once it lasts, forgets nothing, and takes it back', async () => {
  const { checkpoint, ...rest } = await runWithCheckpoint();
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  const told: string[] = [];
  const takenBack: string[] = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const archive = openKeptRunArchive(
    (text) => told.push(text),
    (text) => takenBack.push(text),
  );
  const listed = archive.list();
  await vi.advanceTimersByTimeAsync(storagePatience);
  expect(await listed).toBeNull();
  const kept = archive.keep({ ...rest, checkpoint });
  await vi.advanceTimersByTimeAsync(storagePatience);
  await kept;
  expect((await archive.read(rest.entry.id))?.checkpoint).toBe(checkpoint);
  expect(told).toEqual([]);
  for (let tries = 0; tries < 2; tries++) {
    await vi.advanceTimersByTimeAsync(storageSilence);
    const again = archive.keepAgain();
    await vi.advanceTimersByTimeAsync(storagePatience);
    await again;
  }
  expect(told).toEqual([
    expect.stringContaining('Runs cannot be kept in this browser: the browser’s storage does not answer'),
  ]);
  expect(takenBack).toEqual([]);
  vi.stubGlobal('indexedDB', new IDBFactory());
  await archive.keepAgain();
  expect(takenBack).toEqual(told);
  const next = openKeptRunArchive((text) => told.push(text));
  expect((await next.read(rest.entry.id))?.checkpoint?.step).toBe(checkpoint.step);
});

it('takes an answer that comes too late for what it is: nothing is told of a machine that is merely busy', async () => {
  const run = await runWithCheckpoint();
  const told: string[] = [];
  const storage = new IDBFactory();
  const open = storage.open.bind(storage);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  // Each connection takes longer than anybody waits for.
  vi.stubGlobal('indexedDB', {
    open: (name: string) => {
      const wrapped: Partial<IDBOpenDBRequest> = {};
      setTimeout(() => {
        const request = open(name);
        request.onupgradeneeded = (event) => {
          Object.defineProperty(wrapped, 'result', { value: request.result, configurable: true });
          wrapped.onupgradeneeded?.call(request, event);
        };
        request.onsuccess = (event) => {
          Object.defineProperty(wrapped, 'result', { value: request.result, configurable: true });
          wrapped.onsuccess?.call(request, event);
        };
      }, 2 * storagePatience);
      return wrapped;
    },
  });
  const archive = openKeptRunArchive((text) => told.push(text));
  const kept = archive.keep(run);
  await vi.advanceTimersByTimeAsync(2 * storagePatience);
  await kept;
  vi.useRealTimers();
  vi.stubGlobal('indexedDB', storage);
  const next = openKeptRunArchive((text) => told.push(text));
  await vi.waitFor(async () => expect((await next.read(run.entry.id))?.checkpoint?.step).toBe(run.checkpoint.step));
  expect(told).toEqual([]);
});
