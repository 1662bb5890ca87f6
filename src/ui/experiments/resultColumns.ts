import {
  type TableId,
  type PairedDifference,
  runKey,
  runOf,
  type TableLine,
  tableLines,
} from '../../core/paperTable.ts';
import { type Mixture, mixturesOf } from '../../core/provenance.ts';
import { figureText, intervalText, type Unit } from '../../core/tableFormats.ts';
import { changedRows, rowName, seedsOf, type SweepPlan, type TablePlan } from '../../state/sweepPlan.ts';
import type { SweepState } from '../../state/sweepState.ts';

/** What the table of a plan is filled with. */
interface Filling {
  readonly plan: TablePlan;
  readonly runs: SweepState['runs'];
}

/** Every row of the plan's table, filled with the finished runs of the plan's seeds. */
export function shownLines({ plan, runs }: Filling): TableLine[] {
  return tableLines(changedRows(plan), seedsOf(plan.seeds), (key) => runs.get(key));
}

/** What the runs behind a table mix, although it belongs apart. */
export function shownMixtures({ plan, runs }: Pick<SweepState, 'plan' | 'runs'>): Mixture[] {
  const seeds = seedsOf(plan.seeds);
  const shown = changedRows(plan).flatMap((row) => seeds.flatMap((seed) => runs.get(runKey(runOf(row, seed))) ?? []));
  return mixturesOf(shown);
}

/** The lines worth keeping: rows that are chosen or have runs. */
export function exportedLines(state: Filling): TableLine[] {
  return shownLines(state).filter(({ row, seeds }) => seeds.length > 0 || state.plan.rows.includes(rowName(row)));
}

/** By row name: how much of its runs in flight is done, in runs. */
export function activeShares(plan: SweepPlan, active: SweepState['active']): Map<string, number> {
  const names = new Map(changedRows(plan).map((row) => [runKey({ ...row.config, seed: 0 }), rowName(row)]));
  const shares = new Map<string, number>();
  for (const { config, step, totalSteps } of active.values()) {
    const name = names.get(runKey({ ...config, seed: 0 }));
    if (name !== undefined) shares.set(name, (shares.get(name) ?? 0) + step / Math.max(1, totalSteps));
  }
  return shares;
}

/** What stands in one cell of a row. */
export type ResultCell =
  | { readonly kind: 'ours'; readonly text: string }
  | { readonly kind: 'paper'; readonly text: string }
  | { readonly kind: 'difference'; readonly value: PairedDifference | null; readonly unit: Unit };

/** Columns under one head. */
export interface ColumnGroup {
  readonly title: string;
  /** What the explanation is of, for a screen reader. */
  readonly of: string;
  readonly explanation: string;
  readonly columns: readonly { readonly title: string; readonly cell: (line: TableLine) => ResultCell }[];
}

const ours = (text: string): ResultCell => ({ kind: 'ours', text });
const paper = (text: string): ResultCell => ({ kind: 'paper', text });

const accuracyExplanation =
  'Mean over all tasks after the last one, on the complete test set, and over n seeds, one a run. ± is half the width of the 95% t-interval of that mean: it shrinks with more seeds, and one seed has none.';
const forgettingExplanation =
  'How far the accuracy on each earlier task has fallen from its best, on average. Lower is better. The i.i.d. rows see no order of tasks, so they have none.';
const differenceExplanation =
  'Ours minus the baseline’s, seed by seed, and the mean of these: equal seeds see equal streams, so much of the chance cancels out. The baseline is ER, of GEN-MIR it is GEN, of AE-MIR it is AE-ER. “No clear difference” is said where the 95% interval includes zero.';

const accuracyAndForgetting: readonly ColumnGroup[] = [
  {
    title: 'Accuracy, %',
    of: 'accuracy',
    explanation: accuracyExplanation,
    columns: [
      { title: 'ours', cell: ({ accuracy }) => ours(intervalText(accuracy)) },
      { title: 'paper', cell: ({ row }) => paper(figureText(row.accuracy)) },
    ],
  },
  {
    title: 'Forgetting, %',
    of: 'forgetting',
    explanation: forgettingExplanation,
    columns: [
      { title: 'ours', cell: ({ forgetting }) => ours(intervalText(forgetting)) },
      { title: 'paper', cell: ({ row }) => paper(figureText(row.forgetting)) },
    ],
  },
  {
    title: 'Difference to baseline, points',
    of: 'the difference to the baseline',
    explanation: differenceExplanation,
    columns: [
      {
        title: 'accuracy',
        cell: ({ difference }) => ({ kind: 'difference', value: difference?.accuracy ?? null, unit: 'percent' }),
      },
      {
        title: 'forgetting',
        cell: ({ difference }) => ({ kind: 'difference', value: difference?.forgetting ?? null, unit: 'percent' }),
      },
    ],
  },
];

const negativeElbo: readonly ColumnGroup[] = [
  {
    title: 'Classifier, %',
    of: 'accuracy and forgetting',
    explanation: `${accuracyExplanation} Forgetting: ${forgettingExplanation[0].toLowerCase()}${forgettingExplanation.slice(1)}`,
    columns: [
      { title: 'accuracy', cell: ({ accuracy }) => ours(intervalText(accuracy)) },
      { title: 'forgetting', cell: ({ forgetting }) => ours(intervalText(forgetting)) },
    ],
  },
  {
    title: '−ELBO, nats',
    of: 'the negative ELBO',
    explanation:
      'How badly the VAE models the test images of all tasks after the last one: reconstruction error plus β times the KL divergence, per image. Lower is better. The proper bound has β = 1. The authors report it with the β that each row’s training ends with, so only that column compares with theirs.',
    columns: [
      { title: 'ours, β = 1', cell: (line) => ours(intervalText(line.negativeElbo, 'nats')) },
      { title: 'ours, final β', cell: (line) => ours(intervalText(line.negativeElboAtBeta, 'nats')) },
      { title: 'paper, final β', cell: ({ row }) => paper(figureText(row.negativeElbo)) },
    ],
  },
  {
    title: 'Against GEN',
    of: 'the difference to GEN',
    explanation: differenceExplanation,
    columns: [
      {
        title: 'nats, β = 1',
        cell: ({ difference }) => ({ kind: 'difference', value: difference?.negativeElbo ?? null, unit: 'nats' }),
      },
    ],
  },
];

/** The columns of a table behind method and runs. */
export function resultColumns(table: TableId): readonly ColumnGroup[] {
  return table === 5 ? negativeElbo : accuracyAndForgetting;
}
