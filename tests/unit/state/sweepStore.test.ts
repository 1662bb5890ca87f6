import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../../src/core/config.ts';
import { runKey } from '../../../src/core/paperTable.ts';
import { openRunArchive } from '../../../src/state/runArchive.ts';
import { defaultPlan, plannedRuns, type SweepPlan } from '../../../src/state/sweepPlan.ts';
import { sweepProgress } from '../../../src/state/sweepState.ts';
import { createSweepStore } from '../../../src/state/sweepStore.ts';
import { RecordedPool } from '../worker/sweepPort.ts';

const smallPlan: SweepPlan = {
  ...defaultPlan(1),
  seeds: { first: 0, last: 1 },
  changes: { samplesPerTask: 40, hidden: 8, filters: null, learningRate: null },
  backend: 'cpu',
};

// Other tests of this process may have put a storage in its place.
beforeEach(() => vi.stubGlobal('indexedDB', undefined));
afterEach(() => vi.unstubAllGlobals());

/** A store with a real pool and real runs, where the browser's storage is missing, as in Node. */
function openStore(plan: SweepPlan | null = smallPlan, hasCifar10 = false) {
  const recorded = new RecordedPool();
  const notices: string[] = [];
  /** Where data was looked for, and what the browser keeps of the viewer's own. */
  const looks: string[] = [];
  const kept = new Set<string>();
  let started = 0;
  const store = createSweepStore(
    {
      pool: recorded.pool,
      archive: openRunArchive((text) => notices.push(text)),
      hasData: (dataset, where) => {
        looks.push(`${dataset} ${where ?? 'anywhere'}`);
        return Promise.resolve(dataset === 'cifar10' && (hasCifar10 || kept.has(dataset)));
      },
      notify: (_tone, text) => notices.push(text),
      onStart: () => (started += 1),
    },
    plan,
  );
  const { actions } = store.getState();
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const end = store.subscribe(() => check());
      function check(): void {
        if (!condition()) return;
        end();
        resolve();
      }
      check();
    });
  const phase = () => store.getState().phase.kind;
  actions.open();
  return { store, actions, recorded, notices, until, phase, looks, kept, startCount: () => started };
}

describe('a sweep', { timeout: 30_000 }, () => {
  it('runs its plan to the end without storage, and says what that means', async () => {
    const { store, actions, notices, until, phase, startCount } = openStore();
    await until(() => phase() === 'idle');
    expect(notices).toEqual([expect.stringContaining('Finished runs cannot be kept here')]);
    actions.run();
    await until(() => phase() === 'running');
    await until(() => phase() === 'idle');
    const { plan, runs, failures, active, workers } = store.getState();
    expect([...runs.keys()].sort()).toEqual(plannedRuns(plan).map(runKey).sort());
    expect({ failures, active: active.size, workers }).toEqual({ failures: [], active: 0, workers: 0 });
    expect(startCount()).toBe(1);
    expect(sweepProgress(plannedRuns(plan), store.getState())).toMatchObject({ total: 4, done: 4, fraction: 1 });
    actions.run();
    await Promise.resolve();
    expect(phase()).toBe('idle');
  });

  it('runs only what is missing when seeds are added', async () => {
    const { store, actions, recorded, until, phase } = openStore();
    await until(() => phase() === 'idle');
    actions.run();
    await until(() => store.getState().runs.size === 4 && phase() === 'idle');
    actions.setPlan({ ...smallPlan, seeds: { first: 0, last: 2 } });
    actions.run();
    await until(() => store.getState().runs.size === 6 && phase() === 'idle');
    expect(recorded.eventsOf('finished')).toHaveLength(6);
    expect(new Set(recorded.eventsOf('finished').map(({ run }) => runKey(run.config))).size).toBe(6);
  });

  it('pauses, refuses another plan meanwhile, resumes, and stops without losing what is finished', async () => {
    const { store, actions, notices, until, phase } = openStore({ ...smallPlan, seeds: { first: 0, last: 9 } });
    await until(() => phase() === 'idle');
    actions.run();
    actions.run();
    await until(() => store.getState().runs.size > 0);
    actions.pause();
    expect(phase()).toBe('paused');
    actions.setPlan(defaultPlan(2));
    expect(store.getState().plan).toMatchObject({ table: 1 });
    expect(notices.at(-1)).toContain('A sweep is under way');
    actions.run();
    expect(phase()).toBe('running');
    const before = store.getState().runs.size;
    await until(() => store.getState().runs.size > before);
    actions.stop();
    expect(phase()).toBe('idle');
    expect(store.getState().active.size).toBe(0);
    expect(store.getState().runs.size).toBeGreaterThan(before);
    expect(store.getState().runs.size).toBeLessThan(20);
  });

  it('names failed runs, and tries them again when asked to', async () => {
    const plan = {
      ...smallPlan,
      rows: ['split-mnist.fine-tune', 'split-mnist.er'],
      changes: { samplesPerTask: 40, hidden: 200, filters: null, learningRate: 100 },
    };
    const { store, actions, until, phase } = openStore(plan);
    await until(() => phase() === 'idle');
    actions.run();
    await until(() => phase() === 'running');
    await until(() => phase() === 'idle');
    const words = ({ config }: { config: RunConfig }) => `${config.method} ${config.seed}`;
    const failed = () => store.getState().failures.map(words).sort();
    const first = failed();
    expect(first).toContain('er 0');
    expect([...first, ...[...store.getState().runs.values()].map(words)].sort()).toEqual([
      'er 0',
      'er 1',
      'fine-tune 0',
      'fine-tune 1',
    ]);
    expect(store.getState().failures[0].failure.message).toMatch(/not a finite number/);
    actions.tryAgain();
    expect(failed()).toEqual([]);
    await until(() => phase() === 'running');
    await until(() => phase() === 'idle');
    expect(failed()).toEqual(first);
    actions.setPlan(smallPlan);
    expect(failed()).toEqual([]);
  });

  it('clears what the shown table is made of, and nothing else', async () => {
    const { store, actions, until, phase } = openStore({ ...smallPlan, rows: ['split-mnist.er'] });
    await until(() => phase() === 'idle');
    actions.run();
    await until(() => store.getState().runs.size === 2 && phase() === 'idle');
    actions.setPlan({ ...smallPlan, seeds: { first: 1, last: 1 } });
    actions.clear();
    expect([...store.getState().runs.values()].map(({ config }) => config.seed)).toEqual([0]);
  });

  it('runs no row whose data is missing', async () => {
    const without = openStore(defaultPlan(2));
    await without.until(() => without.store.getState().data.cifar10 === 'missing');
    without.actions.run();
    await Promise.resolve();
    expect(without.phase()).toBe('idle');
    expect(without.recorded.ports).toEqual([]);
    const withData = openStore(defaultPlan(3), true);
    await withData.until(() => withData.store.getState().data.cifar10 === 'available');
    expect(withData.store.getState().data.miniimagenet).toBe('missing');
  });
});

it('looks for opened data in the browser until it is kept, and asks the site no more', async () => {
  const { store, actions, until, looks, kept } = openStore(defaultPlan(2));
  await until(() => store.getState().data.cifar10 === 'missing');
  expect(looks).toEqual(['cifar10 anywhere']);
  vi.useFakeTimers();
  actions.awaitData('cifar10');
  await vi.advanceTimersByTimeAsync(2_500);
  expect(looks.slice(1)).toEqual(['cifar10 browser', 'cifar10 browser', 'cifar10 browser']);
  kept.add('cifar10');
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();
  expect(store.getState().data.cifar10).toBe('available');
  actions.awaitData('cifar10');
  expect(looks).toHaveLength(5);
});
