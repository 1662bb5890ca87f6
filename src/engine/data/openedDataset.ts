import type { Dataset } from './dataset.ts';

/** One kind of thing that is wrong with somebody's data. */
export interface DataProblem {
  /** How many images, rows, records or classes it concerns. */
  readonly count: number;
  /** A sentence: what was found, the first few by name, and what was expected. */
  readonly text: string;
}

/**
 * What opening somebody's own data came to. A partial dataset holds only what is whole, and is used only if
 * the person says so. Data of which nothing can be used is refused with a DataError instead.
 */
export type OpenedDataset =
  | { readonly kind: 'whole'; readonly dataset: Dataset }
  | { readonly kind: 'partial'; readonly dataset: Dataset; readonly problems: readonly DataProblem[] };

/** Whole if there are no problems. */
export function openedDataset(dataset: Dataset, problems: readonly DataProblem[]): OpenedDataset {
  return problems.length === 0 ? { kind: 'whole', dataset } : { kind: 'partial', dataset, problems };
}
