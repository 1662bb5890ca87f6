import { runKey, tableLines, type TableLine } from '../../engine/paperTable.ts';
import type { SweepState } from '../../state/sweepState.ts';
import { seedsOf } from '../../state/seedRange.ts';
import { changedRows, rowName } from '../../state/sweepPlan.ts';

/** Every row of the plan's table, filled with the finished runs of the plan's seeds. */
export function shownLines({ plan, runs }: Pick<SweepState, 'plan' | 'runs'>): TableLine[] {
  return tableLines(changedRows(plan), seedsOf(plan.seeds), (key) => runs.get(key));
}

/** The lines worth keeping: rows that are chosen or have runs. */
export function exportedLines(state: Pick<SweepState, 'plan' | 'runs'>): TableLine[] {
  return shownLines(state).filter(({ row, seeds }) => seeds.length > 0 || state.plan.rows.includes(rowName(row)));
}

/** By row name: how much of its runs in flight is done, in runs. */
export function activeShares({ active, plan }: Pick<SweepState, 'active' | 'plan'>): Map<string, number> {
  const names = new Map(changedRows(plan).map((row) => [runKey({ ...row.config, seed: 0 }), rowName(row)]));
  const shares = new Map<string, number>();
  for (const { config, step, totalSteps } of active.values()) {
    const name = names.get(runKey({ ...config, seed: 0 }));
    if (name !== undefined) shares.set(name, (shares.get(name) ?? 0) + step / Math.max(1, totalSteps));
  }
  return shares;
}
