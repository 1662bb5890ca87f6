import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { clear, createStore, entries } from 'idb-keyval';
import { afterEach, expect, it, vi } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import type { StoredRun } from '../../../src/core/storedRun.ts';
import { defaultPlan, plannedRuns, type SweepPlan } from '../../../src/state/sweepPlan.ts';
import { faultRuns, faultSeed } from '../faultRuns.ts';
import { openSweep } from './openLab.ts';

const plan: SweepPlan = {
  ...defaultPlan(1),
  seeds: { first: 0, last: 1 },
  changes: { samplesPerTask: 20, hidden: 4, filters: null, learningRate: null },
  backend: 'cpu',
};
const planned = plannedRuns(plan).map(runKey).sort();
/** What a run found out, without the time that it took. */
const outcome = ({ config, steps, accuracyMatrix, curve }: StoredRun) => ({ config, steps, accuracyMatrix, curve });

type Page = ReturnType<typeof openSweep>;

async function openPage(): Promise<Page> {
  const page = openSweep(plan);
  await vi.waitFor(() => expect(page.store.getState().phase.kind).not.toBe('opening'), {
    timeout: 20_000,
    interval: 1,
  });
  return page;
}

/** Lets that many events of the pool pass, or as many as there are. */
async function pass({ recorded, store }: Page, events: number): Promise<void> {
  const until = recorded.events.length + events;
  store.getState().actions.run();
  await vi.waitFor(
    () => {
      const { phase } = store.getState();
      expect(recorded.events.length >= until || phase.kind === 'idle').toBe(true);
    },
    { timeout: 20_000, interval: 1 },
  );
}

const stored = async () => new Map(await entries<string, StoredRun>(createStore('mir-lab-runs', 'runs')));

/** Keys of the runs that a page shows as kept. */
function shownAsKept({ store }: Page): string[] {
  const { runs, unkept } = store.getState();
  return [...runs.keys()].filter((key) => !unkept.has(key));
}

/** Runs what is left of the plan, failed runs included, until all of it is finished and kept. */
async function finish(page: Page): Promise<void> {
  const { store, recorded, look } = page;
  for (let attempt = 0; attempt < 20 && store.getState().runs.size < planned.length; attempt++) {
    const before = recorded.events.length;
    store.getState().actions.run();
    await vi.waitFor(
      () =>
        expect(
          recorded.events.slice(before).some(({ kind }) => kind === 'done') ||
            store.getState().runs.size === planned.length,
        ).toBe(true),
      { timeout: 20_000, interval: 1 },
    );
  }
  await look();
  await vi.waitFor(() => expect(shownAsKept(page).sort()).toEqual(planned), { timeout: 20_000, interval: 1 });
}

async function reference(): Promise<Map<string, StoredRun>> {
  vi.stubGlobal('indexedDB', new IDBFactory());
  const page = await openPage();
  await finish(page);
  return stored();
}

const faults = ['killed worker', 'closed tab', 'full store', 'cleared store', 'second tab', 'stop'] as const;

/** Lets a fault happen; gives the page that is open after it. */
async function strike(page: Page, fault: (typeof faults)[number]): Promise<Page> {
  switch (fault) {
    case 'killed worker':
      page.recorded.ports.findLast(({ terminated }) => !terminated)?.crash('killed');
      return page;
    case 'stop':
      page.store.getState().actions.stop();
      return page;
    case 'closed tab': {
      const kept = shownAsKept(page);
      page.close();
      const next = await openPage();
      for (const key of kept) expect(next.store.getState().runs.has(key)).toBe(true);
      return next;
    }
    case 'second tab': {
      // Without locks both do the same runs, and write them.
      const other = await openPage();
      await pass(other, 6);
      const kept = shownAsKept(page);
      page.close();
      await other.look();
      expect(shownAsKept(other)).toEqual(expect.arrayContaining(kept));
      const inStore = await stored();
      for (const key of kept) expect(inStore.has(key)).toBe(true);
      return other;
    }
    case 'full store': {
      const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
        throw new DOMException('full', 'QuotaExceededError');
      });
      const before = new Set((await stored()).keys());
      await pass(page, 12);
      put.mockRestore();
      const inStore = new Set((await stored()).keys());
      const claimed = shownAsKept(page).filter((key) => !inStore.has(key) && !before.has(key));
      expect(claimed).toEqual([]);
      return page;
    }
    case 'cleared store': {
      const kept = shownAsKept(page);
      await clear(createStore('mir-lab-runs', 'runs'));
      // No page can know before it looks.
      await page.look();
      const inStore = await stored();
      for (const key of kept) expect(inStore.has(key)).toBe(true);
      expect(kept.length === 0 || page.notices.some((text) => text.includes('storage was cleared'))).toBe(true);
      return page;
    }
    default:
      return fault satisfies never;
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('a sweep that is struck at any moments loses nothing that it showed as kept, and ends as one that is not', async () => {
  // Where Node has locks, a page that is only forgotten would hold its own.
  vi.stubGlobal('navigator', {});
  const expected = [...(await reference())].map(([key, run]) => [key, outcome(run)] as const);
  const strikes = fc.array(fc.tuple(fc.nat({ max: 25 }), fc.constantFrom(...faults)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(strikes, async (moments) => {
      vi.stubGlobal('indexedDB', new IDBFactory());
      let page = await openPage();
      for (const [events, fault] of moments) {
        await pass(page, events);
        page = await strike(page, fault);
      }
      await finish(page);
      const result = [...(await stored())].map(([key, run]) => [key, outcome(run)] as const);
      expect(new Map(result)).toEqual(new Map(expected));
      page.close();
    }),
    {
      numRuns: faultRuns({ short: 6, long: 200 }),
      seed: faultSeed,
      plugins: [fc.interruptAfterTimeLimit(1_500_000, { failOnInterrupt: true })],
    },
  );
}, 1_600_000);
