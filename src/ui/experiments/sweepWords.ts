import { type TableId, tableIds, tableName } from '../../core/paperRow.ts';
import { chosenRows, seedRangeText, type SweepPlan } from '../../state/sweepPlan.ts';
import type { ActiveRun } from '../../state/sweepState.ts';

/** A span of time, roughly: "8 s", "3 min", "2.5 h". */
export function duration(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3_570) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

/** A span of time between two runs, more finely: "0.8 s", "12 s", "3 min". */
export function interval(seconds: number): string {
  return seconds < 9.95 ? `${seconds.toFixed(1)} s` : duration(seconds);
}

/** "1 run", "12 runs". */
export function runCount(count: number): string {
  return `${count.toLocaleString('en')} run${count === 1 ? '' : 's'}`;
}

/** What runs in flight do while they take no steps: "autoencoder, 40%", or "autoencoders, 40% and 70%"; null while all take steps. */
export function preparingWords(active: readonly Pick<ActiveRun, 'preparing'>[]): string | null {
  const shares = active.flatMap(({ preparing }) => (preparing === null ? [] : `${Math.floor(100 * preparing)}%`));
  return shares.length === 0 ? null : `autoencoder${shares.length === 1 ? '' : 's'}, ${listed.format(shares)}`;
}

const listed = new Intl.ListFormat('en', { type: 'conjunction' });

/** What each choice of table is called. */
export const tableWords = Object.fromEntries(tableIds.map((table) => [String(table), tableName(table)])) as Readonly<
  Record<`${TableId}`, string>
>;

/** A plan in a few words: "Table 1: ER, ER-MIR; seeds 0 to 9". */
export function planWords(plan: SweepPlan): string {
  const labels = [...new Set(chosenRows(plan).map(({ label }) => label))];
  const { first, last } = plan.seeds;
  return `${tableName(plan.table)}: ${labels.join(', ')}; ${first === last ? `seed ${first}` : `seeds ${first} to ${last}`}`;
}

/** A file name that says what is in it: "mir-lab-table-1-seeds10-accuracy.csv". */
export function tableFileName(plan: SweepPlan, content: string, extension: string): string {
  return `mir-lab-${tableName(plan.table).toLowerCase().replace(' ', '-')}-seeds${seedRangeText(plan.seeds)}-${content}.${extension}`;
}
