import { type TableId, tableIds, tableName } from '../../core/paperTable.ts';
import { chosenRows, seedRangeText, type SweepPlan, variedWords } from '../../state/sweepPlan.ts';
import type { ActiveRun } from '../../state/sweepState.ts';
import { scenarioWords } from '../parts/words.ts';

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

/** The name of what a plan fills: "Table 1", "Own comparison". */
function planName(plan: SweepPlan): string {
  return plan.kind === 'own' ? 'Own comparison' : tableName(plan.table);
}

/** More names than this do not fit into the line under a picture. */
const mostNamed = 6;

/** A plan in a few words: "Table 1: ER, ER-MIR; seeds 0 to 9". */
export function planWords(plan: SweepPlan): string {
  const labels = [...new Set(chosenRows(plan).map(({ label }) => label))];
  const { first, last } = plan.seeds;
  const seeds = first === last ? `seed ${first}` : `seeds ${first} to ${last}`;
  const where = plan.kind === 'own' ? `${planName(plan)}, ${scenarioWords[plan.scenario]}` : planName(plan);
  const varied =
    plan.kind === 'own' && plan.varied !== null
      ? [
          `${variedWords(plan.varied.setting, plan.varied.values[0])}${plan.varied.values
            .slice(1)
            .map((value) => `, ${value}`)
            .join('')}`,
        ]
      : [];
  const rows = labels.length > mostNamed ? `${labels.length} methods` : labels.join(', ');
  return [`${where}: ${rows}`, ...varied, seeds].join('; ');
}

/** A file name that says what is in it: "mir-lab-table-1-seeds10-accuracy.csv". */
export function tableFileName(plan: SweepPlan, content: string, extension: string): string {
  const what =
    plan.kind === 'own' ? `comparison-${plan.scenario}` : tableName(plan.table).toLowerCase().replace(' ', '-');
  return `mir-lab-${what}-seeds${seedRangeText(plan.seeds)}-${content}.${extension}`;
}

/** Seconds in which an estimate of the time left has mostly come over to a new one. */
const settling = 15;

/** An estimate of the time left, and when it was made, both in seconds. */
export interface Left {
  readonly seconds: number;
  readonly at: number;
}

/**
 * The time left after another estimate: it runs down with the clock, and comes over to what is estimated now bit by
 * bit, so that a single run that is slow or quick does not make it jump.
 */
export function steadied(before: Left | null, estimate: number, now: number): Left {
  if (before === null) return { seconds: estimate, at: now };
  const passed = Math.max(0, now - before.at);
  const expected = Math.max(0, before.seconds - passed);
  const weight = 1 - Math.exp(-passed / settling);
  return { seconds: expected + weight * (estimate - expected), at: now };
}

/** Seconds of training from which on an estimate is worth to be said. */
export const firstEstimateAfter = 3;
