import { z } from 'zod';
import { runKey } from '../engine/paperTable.ts';
import { type StoredRun, storedRunSchema } from '../engine/storedRun.ts';
import { sweepPlanSchema } from './sweepPlan.ts';

/** The sweep that was under way when the page was last open. */
export const storedSweepSchema = z.strictObject({ plan: sweepPlanSchema, state: z.enum(['running', 'paused']) });
export type StoredSweep = z.infer<typeof storedSweepSchema>;

/** What a browser's storage turned out to hold. */
export interface ArchivedRuns {
  /** By run key; of this version of the engine. */
  readonly runs: ReadonlyMap<string, StoredRun>;
  /** Runs of another version of the engine, which no longer count. */
  readonly otherVersion: number;
  /** Entries that are no whole run. */
  readonly unreadable: number;
}

/**
 * Sorts what was found in storage; a run counts only if it is whole, under its own key, and of this version.
 *
 * @param entries keys and values as storage gave them, not trusted
 */
export function archivedRuns(entries: readonly (readonly [unknown, unknown])[], version: string): ArchivedRuns {
  const runs = new Map<string, StoredRun>();
  let otherVersion = 0;
  let unreadable = 0;
  for (const [key, value] of entries) {
    const result = storedRunSchema.safeParse(value);
    if (!result.success || key !== runKey(result.data.config)) unreadable += 1;
    else if (result.data.version !== version) otherVersion += 1;
    else runs.set(key, result.data);
  }
  return { runs, otherVersion, unreadable };
}
