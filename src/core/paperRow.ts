import { presetConfig, type RunConfig, type ScenarioName, type Settings } from './config.ts';
import type { Family, PaperEntry } from './catalogue/methodEntry.ts';
import { type MethodName, methodNames, methods } from './methods.ts';
import { scenarios } from './scenarios.ts';

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
  /** Tells rows of one method in one group apart: empty, or for example "classifier". */
  readonly variant: string;
  /** With seed 0; a sweep puts in its own. */
  readonly config: RunConfig;
  /** Null where the paper gives none, for example forgetting of the i.i.d. bounds. */
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

/** Rows that stand together, with what they have in common. */
interface Section {
  readonly table: TableId;
  readonly group: string;
  readonly scenario: ScenarioName;
  readonly change?: Partial<Settings>;
}

const cifar = (table: TableId, memoryPerClass: number, change: Partial<Settings> = {}): Section => ({
  table,
  group: `M = ${memoryPerClass}`,
  scenario: 'split-cifar10',
  change: { memoryPerClass, ...change },
});

/** Latents in a memory: those per class, times ten classes. */
const latents = (memoryPerClass: number): Section => ({
  table: 'figure-4',
  group: `${(10 * memoryPerClass).toLocaleString('en')} latents`,
  scenario: 'split-cifar10',
  change: { memoryPerClass },
});

const splitMnist = { group: 'Split MNIST', scenario: 'split-mnist' } as const;
const permutedMnist = { group: 'Permuted MNIST', scenario: 'permuted-mnist' } as const;

/** The parts of the paper's tables and of its Figure 4, in the paper's order; the figure prints no numbers. */
const sections = {
  'table-1.split-mnist': { table: 1, ...splitMnist },
  'table-1.permuted-mnist': { table: 1, ...permutedMnist },
  'table-2.no-memory': cifar(2, 100),
  'table-2.m-20': cifar(2, 20),
  'table-2.m-50': cifar(2, 50),
  'table-2.m-100': cifar(2, 100),
  'table-3': cifar(3, 100, { iterations: 5 }),
  'table-4': { table: 4, group: 'MiniImagenet', scenario: 'split-miniimagenet' },
  'table-5.split-mnist': { table: 5, ...splitMnist },
  'table-5.permuted-mnist': { table: 5, ...permutedMnist },
  'figure-4.1000': latents(100),
  'figure-4.5000': latents(500),
  'figure-4.10000': latents(1_000),
} as const satisfies Readonly<Record<string, Section>>;

export type PaperSection = keyof typeof sections;

/** The order of methods within a part: the paper's. */
const familyOrder: readonly Family[] = ['bound', 'plain', 'constrained', 'exemplars', 'replay', 'generative', 'hybrid'];

/** The name of a row. A variant is named after the method: "GEN-MIR, classifier". */
function paperRow(method: MethodName, entry: PaperEntry): PaperRow {
  const { table, group, scenario, change }: Section = sections[entry.section];
  const { variant = '' } = entry;
  const label = methods[method].tableLabel ?? methods[method].label;
  const figure = (figures: PaperEntry['accuracy']) =>
    figures === undefined ? null : { mean: figures[0], spread: figures[1] };
  return {
    table,
    group,
    label: variant === '' ? label : `${label}, ${variant}`,
    variant,
    config: presetConfig(scenario, method, { ...change, ...entry.change }),
    accuracy: figure(entry.accuracy),
    forgetting: figure(entry.forgetting),
    negativeElbo: figure(entry.negativeElbo),
  };
}

const inTableOrder = familyOrder.flatMap((family) => methodNames.filter((name) => methods[name].family === family));

/** Every row of the paper's tables and of its Figure 4, in the paper's order. */
export const paperRows: readonly PaperRow[] = Object.keys(sections).flatMap((section) =>
  inTableOrder.flatMap((method) =>
    methods[method].paper.filter((entry) => entry.section === section).map((entry) => paperRow(method, entry)),
  ),
);

/**
 * A row with other settings. An order of classes is left out where the scenario has none; with another one than the
 * paper's, the paper's figures do not stand beside it.
 */
export function changedRow(row: PaperRow, change: Partial<Settings>): PaperRow {
  const { classOrderSeed = 'off', ...others } = change;
  const config = { ...row.config, ...others };
  if (classOrderSeed === 'off' || !scenarios[config.scenario].splitsClasses) return { ...row, config };
  return { ...row, config: { ...config, classOrderSeed }, accuracy: null, forgetting: null, negativeElbo: null };
}
