import { type Interval, type RunMetrics, wholeInterval } from './metrics.ts';

/** What a finished run is judged by, as far as its measures need it. */
export interface MeasuredRun {
  readonly averageAccuracy: number;
  readonly averageForgetting: number | null;
  /** Mean over the tasks at β = 1, in nats per image; null for methods without a VAE. */
  readonly negativeElbo: number | null;
  readonly metrics: RunMetrics;
}

export type MeasureKey = keyof RunMetrics | 'averageAccuracy' | 'averageForgetting' | 'negativeElbo';

/** One number that a run is judged by. */
export interface Measure {
  readonly key: MeasureKey;
  readonly label: string;
  /** For a narrow column. */
  readonly short: string;
  /** One or two sentences, with the source. */
  readonly definition: string;
  readonly better: 'higher' | 'lower';
  /** Fractions are shown in percent, differences of fractions in points. */
  readonly unit: '%' | 'points' | 'nats';
}

const between =
  'Taken over every evaluation of the curve, on the subset of test images between the ends of tasks, so that a dip after a task’s first steps counts.';

/**
 * All measures, in the order in which they are shown. A[k][j] is the accuracy on task j after training on task k of T.
 * Those from the accuracy matrix exist for every run in an order of tasks; those "between" need a curve.
 */
export const measures: readonly Measure[] = [
  {
    key: 'averageAccuracy',
    label: 'Average accuracy',
    short: 'Accuracy',
    definition: 'Mean accuracy over all tasks after the last: mean over j of A[T][j].',
    better: 'higher',
    unit: '%',
  },
  {
    key: 'averageForgetting',
    label: 'Average forgetting',
    short: 'Forgetting',
    definition:
      'Mean over the tasks before the last of the best accuracy ever, the end included, minus the accuracy at the end: max over k ≤ T of A[k][j] − A[T][j] (the MIR paper). Never below 0. Chaudhry et al. (2018) leave the end out of the maximum, so that a task that got better counts below 0; Lopez-Paz and Ranzato (2017) compare with the moment when the task was learnt, which is backward transfer.',
    better: 'lower',
    unit: '%',
  },
  {
    key: 'averageAnytimeAccuracy',
    label: 'Average anytime accuracy',
    short: 'Anytime',
    definition:
      'Mean over the ends of all tasks of the average accuracy over the tasks seen by then: mean over k of mean over j ≤ k of A[k][j] (Caccia et al., 2022).',
    better: 'higher',
    unit: '%',
  },
  {
    key: 'minimumAccuracy',
    label: 'Minimum accuracy',
    short: 'Minimum',
    definition:
      'Mean over the tasks before the last of the lowest accuracy at the end of any later task: mean over j < T of min over k > j of A[k][j] (min-ACC, De Lange et al., 2023, at the ends of tasks).',
    better: 'higher',
    unit: '%',
  },
  {
    key: 'worstCaseAccuracy',
    label: 'Worst-case accuracy',
    short: 'Worst case',
    definition:
      'What can be relied on: A[T][T] / T + (1 − 1/T) · minimum accuracy (WC-ACC, De Lange et al., 2023, at the ends of tasks).',
    better: 'higher',
    unit: '%',
  },
  {
    key: 'backwardTransfer',
    label: 'Backward transfer',
    short: 'Backward',
    definition:
      'Mean over the tasks before the last of the accuracy at the end minus that when the task was learnt: A[T][j] − A[j][j] (Lopez-Paz and Ranzato, 2017). Below 0 where tasks were forgotten.',
    better: 'higher',
    unit: 'points',
  },
  {
    key: 'plasticity',
    label: 'Plasticity',
    short: 'Plasticity',
    definition:
      'Mean accuracy on the task just learnt: mean over j of A[j][j] (called learning accuracy by Riemer et al., 2019).',
    better: 'higher',
    unit: '%',
  },
  {
    key: 'averageAnytimeAccuracyBetween',
    label: 'Average anytime accuracy, between',
    short: 'Anytime, between',
    definition: `Mean over the steps of the run of the average accuracy over the tasks seen by then; each evaluation counts for the steps since the one before it. ${between}`,
    better: 'higher',
    unit: '%',
  },
  {
    key: 'minimumAccuracyBetween',
    label: 'Minimum accuracy, between',
    short: 'Minimum, between',
    definition: `Mean over the tasks before the last of the lowest accuracy at any time after the task was learnt (min-ACC, De Lange et al., 2023). ${between}`,
    better: 'higher',
    unit: '%',
  },
  {
    key: 'worstCaseAccuracyBetween',
    label: 'Worst-case accuracy, between',
    short: 'Worst case, between',
    definition: `A[T][T] / T + (1 − 1/T) · minimum accuracy, between (WC-ACC, De Lange et al., 2023). ${between}`,
    better: 'higher',
    unit: '%',
  },
  {
    key: 'negativeElbo',
    label: '−ELBO at β = 1',
    short: '−ELBO',
    definition:
      'Negative evidence lower bound of the VAE on the test images at the end, mean over the tasks, in nats per image.',
    better: 'lower',
    unit: 'nats',
  },
];

/** A run's value of a measure; null where it has none. */
export function measureOf(run: MeasuredRun, key: MeasureKey): number | null {
  switch (key) {
    case 'averageAccuracy':
    case 'averageForgetting':
    case 'negativeElbo':
      return run[key];
    default:
      return run.metrics[key];
  }
}

/** A measure over seeds; null unless every run has it, so that all measures of some runs are of the same seeds. */
export function measureInterval(runs: readonly MeasuredRun[], key: MeasureKey): Interval | null {
  return wholeInterval(runs.map((run) => measureOf(run, key)));
}
