import type { Interval } from '../../core/metrics.ts';
import {
  type PaperFigure,
  type PairedDifference,
  runKey,
  runOf,
  type TableId,
  type TableLine,
  tableLines,
} from '../../core/paperTable.ts';
import { type Mixture, mixturesOf } from '../../core/provenance.ts';
import type { Unit } from '../../core/tableFormats.ts';
import { changedRows, rowName, seedsOf, type SweepPlan, type TablePlan } from '../../state/sweepPlan.ts';
import type { SweepState } from '../../state/sweepState.ts';
import { fixed } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';

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

/** "87.3 ± 2.0", in percent or nats; "87.3" for one seed; "–" for none. */
export function intervalWords(value: Pick<Interval, 'mean' | 'halfWidth95'> | null, unit: Unit): string {
  if (value === null) return '–';
  const written = (size: number) => fixed(unit === 'percent' ? 100 * size : size, 1);
  return value.halfWidth95 === null ? written(value.mean) : `${written(value.mean)} ± ${written(value.halfWidth95)}`;
}

/** "87.6 ± 0.7", as the paper prints it; "–" where it prints nothing. */
function figureWords(figure: PaperFigure | null): string {
  if (figure === null) return '–';
  return figure.spread === null ? fixed(figure.mean, 1) : `${fixed(figure.mean, 1)} ± ${fixed(figure.spread, 1)}`;
}

const ours = (text: string): ResultCell => ({ kind: 'ours', text });
const paper = (text: string): ResultCell => ({ kind: 'paper', text });

/** Columns whose texts are made anew when the page speaks another language. */
const accuracyAndForgetting = (): readonly ColumnGroup[] => [
  {
    title: say('experiments.columns.accuracy'),
    of: say('experiments.columns.aboutAccuracy'),
    explanation: say('experiments.columns.accuracyExplanation'),
    columns: [
      { title: say('experiments.columns.ours'), cell: ({ accuracy }) => ours(intervalWords(accuracy, 'percent')) },
      { title: say('experiments.columns.paper'), cell: ({ row }) => paper(figureWords(row.accuracy)) },
    ],
  },
  {
    title: say('experiments.columns.forgetting'),
    of: say('experiments.columns.aboutForgetting'),
    explanation: say('experiments.columns.forgettingExplanation'),
    columns: [
      { title: say('experiments.columns.ours'), cell: ({ forgetting }) => ours(intervalWords(forgetting, 'percent')) },
      { title: say('experiments.columns.paper'), cell: ({ row }) => paper(figureWords(row.forgetting)) },
    ],
  },
  {
    title: say('experiments.columns.difference'),
    of: say('experiments.columns.aboutDifference'),
    explanation: say('experiments.columns.differenceExplanation'),
    columns: [
      {
        title: say('experiments.columns.accuracyHead'),
        cell: ({ difference }) => ({ kind: 'difference', value: difference?.accuracy ?? null, unit: 'percent' }),
      },
      {
        title: say('experiments.columns.forgettingHead'),
        cell: ({ difference }) => ({ kind: 'difference', value: difference?.forgetting ?? null, unit: 'percent' }),
      },
    ],
  },
];

const negativeElbo = (): readonly ColumnGroup[] => [
  {
    title: say('experiments.columns.classifier'),
    of: say('experiments.columns.aboutBoth'),
    explanation: say('experiments.columns.bothExplanation'),
    columns: [
      {
        title: say('experiments.columns.accuracyHead'),
        cell: ({ accuracy }) => ours(intervalWords(accuracy, 'percent')),
      },
      {
        title: say('experiments.columns.forgettingHead'),
        cell: ({ forgetting }) => ours(intervalWords(forgetting, 'percent')),
      },
    ],
  },
  {
    title: say('experiments.columns.elbo'),
    of: say('experiments.columns.aboutElbo'),
    explanation: say('experiments.columns.elboExplanation'),
    columns: [
      { title: say('experiments.columns.oursOne'), cell: (line) => ours(intervalWords(line.negativeElbo, 'nats')) },
      {
        title: say('experiments.columns.oursFinal'),
        cell: (line) => ours(intervalWords(line.negativeElboAtBeta, 'nats')),
      },
      { title: say('experiments.columns.paperFinal'), cell: ({ row }) => paper(figureWords(row.negativeElbo)) },
    ],
  },
  {
    title: say('experiments.columns.againstGen'),
    of: say('experiments.columns.aboutAgainstGen'),
    explanation: say('experiments.columns.differenceExplanation'),
    columns: [
      {
        title: say('experiments.columns.natsOne'),
        cell: ({ difference }) => ({ kind: 'difference', value: difference?.negativeElbo ?? null, unit: 'nats' }),
      },
    ],
  },
];

/** The columns of a table behind method and runs. */
export function resultColumns(table: TableId): readonly ColumnGroup[] {
  return table === 5 ? negativeElbo() : accuracyAndForgetting();
}
