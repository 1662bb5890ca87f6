import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openRunArchive } from '../../../../src/state/runArchive.ts';
import { createSeedsStore, finishedByLane, type SeedsState } from '../../../../src/state/runs/seedsStore.ts';
import { smallExperiment } from '../../worker/recordedPlayer.ts';
import { RecordedPool } from '../../worker/sweepPort.ts';
import { openLab, phase, until } from '../openLab.ts';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => vi.unstubAllGlobals());

const config = { ...smallExperiment, samplesPerTask: 30, seed: 2 };

function openSeeds() {
  const lab = openLab({ config });
  const recorded = new RecordedPool();
  const archive = openRunArchive(() => expect.unreachable());
  let starts = 0;
  const parts = { lab: lab.store, pool: recorded.pool, archive, notify: () => {}, onStart: () => (starts += 1) };
  const store = createSeedsStore(parts);
  const reached = (matches: (state: SeedsState) => boolean) =>
    vi.waitUntil(() => matches(store.getState()), { timeout: 50_000 });
  return { lab, recorded, store, actions: store.getState().actions, reached, starts: () => starts };
}

it('runs the configuration with its seed and the next ones, keeps each, and runs none of them again', async () => {
  const page = openSeeds();
  await until(page.lab.store, phase('paused'));
  page.actions.run();
  expect(page.starts()).toBe(1);
  await page.reached(({ phase: now, runs }) => now.kind === 'idle' && runs.size > 0);
  const lanes = finishedByLane(page.store.getState());
  expect(lanes.map((runs) => runs.map((run) => [run.config.method, run.config.seed]))).toEqual(
    config.lanes.map((method) => [2, 3, 4, 5, 6].map((seed) => [method, seed])),
  );
  expect(new Set(lanes.flat().map(({ averageAccuracy }) => averageAccuracy)).size).toBeGreaterThan(3);

  const again = openSeeds();
  await until(again.lab.store, phase('paused'));
  again.actions.run();
  await again.reached(({ phase: now, runs }) => now.kind === 'idle' && runs.size > 0);
  expect(again.recorded.ports).toEqual([]);
  expect(finishedByLane(again.store.getState())).toEqual(lanes);
});

it('can be stopped; what was finished stays and counts', async () => {
  const page = openSeeds();
  await until(page.lab.store, phase('paused'));
  page.actions.setCount(10);
  page.actions.run();
  await page.reached(({ runs }) => runs.size >= 2);
  page.actions.stop();
  const { phase: now, runs, active } = page.store.getState();
  expect([now.kind, active.size]).toEqual(['idle', 0]);
  expect(runs.size).toBeLessThan(30);
  page.actions.run();
  await page.reached((state) => state.runs.size > runs.size);
  page.actions.stop();
});
