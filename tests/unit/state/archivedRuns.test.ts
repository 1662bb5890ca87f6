import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import { engineVersion } from '../../../src/core/storedRun.ts';
import { archivedRuns, storedSweepSchema } from '../../../src/state/runArchive.ts';
import { defaultPlan } from '../../../src/state/sweepPlan.ts';
import { finishedRun } from './finishedRun.ts';

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
