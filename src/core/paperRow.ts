import type { MethodName, RunConfig } from './config.ts';

/** A figure of the paper, in percent; the spread as the paper prints it, null where it prints none. */
export interface PaperFigure {
  readonly mean: number;
  readonly spread: number | null;
}

/** A row of one of the paper's tables, ready to run. */
export interface PaperRow {
  readonly table: TableId;
  /** What the table groups the row under: its dataset, or its memory per class. */
  readonly group: string;
  readonly label: string;
  /** What tells rows of one method in one group apart: empty, or for example "classifier". */
  readonly variant: string;
  /** With seed 0; a sweep puts in its own. */
  readonly config: RunConfig;
  /** Null where the paper gives none, as forgetting for the i.i.d. bounds. */
  readonly accuracy: PaperFigure | null;
  readonly forgetting: PaperFigure | null;
  /** −ELBO in nats per image, at the preset's own final β, as the authors report it. */
  readonly negativeElbo: PaperFigure | null;
}

/** The tables of the paper, and its Figure 4. */
export const tableIds = [1, 2, 3, 4, 5, 'figure-4'] as const;
export type TableId = (typeof tableIds)[number];

/** "Table 1", or "Figure 4". */
export function tableName(table: TableId): string {
  return table === 'figure-4' ? 'Figure 4' : `Table ${table}`;
}

/** What each table compares, in a few words. */
export const tableTitles: Readonly<Record<TableId, string>> = {
  1: 'Split MNIST and Permuted MNIST, 50 memories per class',
  2: 'Split CIFAR-10, 20, 50 and 100 memories per class',
  3: 'Split CIFAR-10, 100 memories per class, 5 iterations per batch',
  4: 'Split MiniImagenet, 100 memories per class, 3 iterations per batch',
  5: 'Generative replay: −ELBO on Split MNIST and Permuted MNIST',
  'figure-4': 'Split CIFAR-10, hybrid replay with 1,000, 5,000 and 10,000 latents',
};

const labels: Readonly<Record<MethodName, string>> = {
  'fine-tune': 'Fine-tune',
  er: 'ER',
  'er-mir': 'ER-MIR',
  gem: 'GEM',
  icarl: 'iCaRL',
  gen: 'GEN',
  'gen-mir': 'GEN-MIR',
  'ae-er': 'AE-ER',
  'ae-mir': 'AE-MIR',
  'iid-online': 'i.i.d. online',
  'iid-offline': 'i.i.d. offline',
};

type Figures = readonly [mean: number, spread: number | null];

/** What the paper prints of a row, in percent, −ELBO in nats; what is left out it does not print. */
interface Printed {
  readonly accuracy?: Figures | null;
  readonly forgetting?: Figures | null;
  readonly negativeElbo?: Figures | null;
}

/** A row of a table. A variant is named behind the method: "GEN-MIR, classifier". */
export function paperRow(table: TableId, group: string, config: RunConfig, printed: Printed, variant = ''): PaperRow {
  const figure = (figures: Figures | null = null) => figures && { mean: figures[0], spread: figures[1] };
  const label = labels[config.method];
  return {
    table,
    group,
    label: variant === '' ? label : `${label}, ${variant}`,
    variant,
    config,
    accuracy: figure(printed.accuracy),
    forgetting: figure(printed.forgetting),
    negativeElbo: figure(printed.negativeElbo),
  };
}
