import { type TableId, tableIds, tableName } from '../../core/paperTable.ts';
import { chosenRows, seedRangeText, type SweepPlan, type SweepRow, variedWords } from '../../state/sweepPlan.ts';
import type { ActiveRun } from '../../state/sweepState.ts';
import type { StoredRun } from '../../core/storedRun.ts';
import { fixed, list, percentage, plain } from '../../texts/numbers.ts';
import { say, sayOr } from '../../texts/say.ts';
import { scenarioName } from '../parts/words.ts';

/** A span of time, roughly: "8 s", "3 min", "2.5 h". */
export function duration(seconds: number): string {
  if (seconds < 59.5) return say('experiments.seconds', { count: String(Math.max(1, Math.round(seconds))) });
  if (seconds < 3_570) return say('experiments.minutes', { count: String(Math.round(seconds / 60)) });
  return say('experiments.hours', { count: fixed(seconds / 3_600, 1) });
}

/** A span of time between two runs, more finely: "0.8 s", "12 s", "3 min". */
export function interval(seconds: number): string {
  return seconds < 9.95 ? say('experiments.seconds', { count: fixed(seconds, 1) }) : duration(seconds);
}

/** "1 run", "12 runs". */
export function runCount(count: number): string {
  return say('experiments.runs', { count });
}

/** What runs in flight do while they take no steps: "autoencoder, 40%", or "autoencoders, 40% and 70%"; null while all take steps. */
export function preparingWords(active: readonly Pick<ActiveRun, 'preparing'>[]): string | null {
  const shares = active.flatMap(({ preparing }) =>
    preparing === null ? [] : percentage(Math.floor(100 * preparing) / 100, 0),
  );
  return shares.length === 0 ? null : say('experiments.preparing', { count: shares.length, shares: list(shares) });
}

/** "Table 1", or "Figure 4". */
export function tableWord(table: TableId): string {
  return typeof table === 'number'
    ? say('experiments.table', { number: table })
    : say('experiments.figure', { number: table.replace('figure-', '') });
}

/** What each choice of table is called. */
export function tableWords(): Readonly<Record<`${TableId}`, string>> {
  return Object.fromEntries(tableIds.map((table) => [String(table), tableWord(table)])) as Readonly<
    Record<`${TableId}`, string>
  >;
}

/** What rows of a table have in common: "M = 50", "Split MNIST", "1,000 latents". */
export function groupWords(group: string): string {
  const latents = /^([\d,]+) latents$/.exec(group);
  if (latents !== null) return say('experiments.latents', { count: Number(latents[1].replaceAll(',', '')) });
  const [symbol, value] = group.split(' = ');
  return symbol === 'α' ? `${symbol} = ${plain(Number(value))}` : group;
}

/** The name of a row of the paper's tables: "GEN-MIR, classifier". */
export function rowWords({ label, variant }: Pick<SweepRow, 'label' | 'variant'>): string {
  if (variant === '') return label;
  return label.replace(`, ${variant}`, `, ${sayOr(`experiments.variants.${variant}`, variant)}`);
}

/** The name of what a plan fills: "Table 1", "Own comparison". */
function planName(plan: SweepPlan): string {
  return plan.kind === 'own' ? say('experiments.own') : tableWord(plan.table);
}

/** More names than this do not fit into the line under a picture. */
const mostNamed = 6;

/**
 * A plan in a few words: "Table 1: ER, ER-MIR; seeds 0 to 9".
 *
 * @param data what its runs learnt from, where there are some
 */
export function planWords(plan: SweepPlan, data: StoredRun['data'] = null): string {
  const labels = [...new Set(chosenRows(plan).map(({ label }) => label))];
  const { first, last } = plan.seeds;
  const seeds = say('experiments.seeds', { first: first === last ? 'same' : String(first), last: String(last) });
  const where = plan.kind === 'own' ? `${planName(plan)}, ${scenarioName(plan.scenario, data)}` : planName(plan);
  const varied =
    plan.kind === 'own' && plan.varied !== null
      ? [
          `${groupWords(variedWords(plan.varied.setting, plan.varied.values[0]))}${plan.varied.values
            .slice(1)
            .map((value) => `, ${plain(value)}`)
            .join('')}`,
        ]
      : [];
  const rows = labels.length > mostNamed ? say('experiments.methods', { count: labels.length }) : labels.join(', ');
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
