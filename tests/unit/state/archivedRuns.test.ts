import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import fc from 'fast-check';
import { createStore, set } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import { engineVersion } from '../../../src/core/storedRun.ts';
import { archivedRuns, openRunArchive, storedSweepSchema } from '../../../src/state/runArchive.ts';
import { defaultPlan } from '../../../src/state/sweepPlan.ts';
import { curvePoint, finishedRun } from './finishedRun.ts';

describe('what storage holds', () => {
  it('counts whole runs of this version under their own key, and says what else there is', () => {
    const run = finishedRun(
      { seed: 3 },
      {
        curve: [{ step: 5, task: 1, set: 'complete', averageAccuracy: 1, averageForgetting: null, negativeElbo: null }],
      },
    );
    const old = finishedRun({ seed: 4 }, { version: '0.0.1' });
    const { accuracyMatrix: _, ...torn } = finishedRun({ seed: 5 });
    const impossible = finishedRun({ seed: 6 }, { averageAccuracy: 1.7 });
    const misfiled = finishedRun({ seed: 7 });
    const found = archivedRuns(
      [run, old, torn, impossible]
        .map((value) => [runKey(value.config), value] as const)
        .concat([[runKey(run.config), misfiled]]),
      engineVersion,
    );
    expect([...found.runs]).toEqual([[runKey(run.config), run]]);
    expect(found).toMatchObject({ otherVersion: 1, unreadable: 3 });
  });

  it('tells of a run that is older than the measures what its matrix and curve tell', () => {
    const curve = [
      curvePoint(10, 0.6),
      curvePoint(20, 1, { set: 'complete' }),
      curvePoint(30, 0.5, { task: 2 }),
      curvePoint(40, 0.7, { task: 2, set: 'complete' }),
    ];
    const run = finishedRun({}, { curve });
    const { metrics: _metrics, ...older } = run;
    const found = archivedRuns([[runKey(run.config), older]], engineVersion).runs.get(runKey(run.config));
    // The matrix is [[1], [0.5, 0.9]]; the curve's mean (0.6 + 1 + 0.5 + 0.7) / 4.
    expect(found?.metrics).toEqual({
      averageAnytimeAccuracy: 0.85,
      minimumAccuracy: 0.5,
      worstCaseAccuracy: 0.7,
      backwardTransfer: -0.5,
      plasticity: 0.95,
      averageAnytimeAccuracyBetween: expect.closeTo(0.7, 12) as number,
      minimumAccuracyBetween: null,
      worstCaseAccuracyBetween: null,
    });
  });

  it('takes anything without throwing, and counts it as unreadable', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.anything(), fc.anything())), (entries) => {
        const { runs, otherVersion, unreadable } = archivedRuns(entries, engineVersion);
        expect([runs.size, otherVersion, unreadable]).toEqual([0, 0, entries.length]);
      }),
    );
  });

  it('keeps a sweep only with a plan that can run', () => {
    expect(storedSweepSchema.safeParse({ plan: defaultPlan(1), state: 'running' }).success).toBe(true);
    expect(storedSweepSchema.safeParse({ plan: { ...defaultPlan(1), table: 9 }, state: 'running' }).success).toBe(
      false,
    );
    expect(storedSweepSchema.safeParse({ plan: defaultPlan(1), state: 'done' }).success).toBe(false);
    expect(storedSweepSchema.safeParse(undefined).success).toBe(false);
  });
});

describe('the archive in the browser', () => {
  beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
  afterEach(() => vi.unstubAllGlobals());

  it('keeps runs and the sweep for the next visit, and removes what is asked and what does not count', async () => {
    const [first, second] = [finishedRun({ seed: 1 }), finishedRun({ seed: 2 })];
    const sweep = { plan: defaultPlan(1), state: 'running' } as const;
    const told: string[] = [];
    const archive = openRunArchive((text) => told.push(text));
    await archive.keep([first]);
    await archive.keep([second]);
    await archive.keep([second]);
    await archive.keepSweep(sweep);
    await set('no run', { seed: 'x' }, createStore('mir-lab-runs', 'runs'));

    const next = openRunArchive((text) => told.push(text));
    const found = await next.read();
    expect([...found.runs.values()]).toEqual([first, second]);
    expect(found).toMatchObject({ unreadable: 1, otherVersion: 0, sweep });

    await next.removeOthers();
    await next.remove([runKey(first.config)]);
    await next.keepSweep(null);
    const left = await archive.read();
    expect([...left.runs.keys()]).toEqual([runKey(second.config)]);
    expect(left).toMatchObject({ unreadable: 0, sweep: null });
    expect(told).toEqual([]);
  });

  it('takes a sweep for stopped, or paused, that was so when there was no time to store it', async () => {
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    });
    const storage = indexedDB;
    const sweep = { plan: defaultPlan(1), state: 'running' } as const;
    const after = async (...states: readonly ('running' | 'paused' | null)[]) => {
      await openRunArchive(() => {}).keepSweep(sweep);
      vi.stubGlobal('indexedDB', undefined);
      const leaving = openRunArchive(() => {});
      for (const state of states) await leaving.keepSweep(state && { ...sweep, state });
      vi.stubGlobal('indexedDB', storage);
      return (await openRunArchive(() => {}).read()).sweep;
    };
    expect(await after()).toEqual(sweep);
    expect(await after('paused')).toEqual({ ...sweep, state: 'paused' });
    expect(await after('paused', null)).toBeNull();
    expect(await after(null, 'running')).toEqual(sweep);
  });

  it('says once that nothing can be kept, and never fails', async () => {
    vi.stubGlobal('indexedDB', undefined);
    const told: string[] = [];
    const archive = openRunArchive((text) => told.push(text));
    await archive.keep([finishedRun({ seed: 3 })]);
    expect((await archive.read()).runs.size).toBe(0);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^Finished runs cannot be kept here: the browser does not let this page store anything/);
  });
});
