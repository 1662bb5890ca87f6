/** Row k: fraction right on each task seen so far, after training on task k + 1. */
type AccuracyMatrix = readonly (readonly number[])[];

/** The mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean accuracy over all tasks after the last: mean_j A[T][j] (ARCHITECTURE.md, "Words"). */
export function averageAccuracy(matrix: AccuracyMatrix): number {
  return mean(lastRow(matrix));
}

/**
 * Mean over the tasks before the last of max_{k ≤ T} A[k][j] − A[T][j] (ARCHITECTURE.md, "Words").
 *
 * @returns null where there is only one row, so that nothing can have been forgotten
 */
export function averageForgetting(matrix: AccuracyMatrix): number | null {
  const last = lastRow(matrix);
  const earlier = matrix.length - 1;
  if (earlier === 0) return null;
  const forgotten = last.slice(0, earlier).map((accuracy, task) => {
    const best = Math.max(...matrix.filter((row) => task < row.length).map((row) => row[task]));
    return best - accuracy;
  });
  return mean(forgotten);
}

function lastRow(matrix: AccuracyMatrix): readonly number[] {
  const last = matrix.at(-1);
  if (last === undefined) throw new RangeError('The accuracy matrix has no row; evaluate after at least one task.');
  return last;
}

/** An evaluation of a run, as far as the measures of the run need it. */
export interface Evaluated {
  /** Steps trained so far. */
  readonly step: number;
  /** Number of the task that the last step belonged to. */
  readonly task: number;
  /** Mean over the tasks seen. */
  readonly averageAccuracy: number;
  /** Of each task, null for tasks not seen yet; null where only the mean was kept. */
  readonly accuracyByTask: readonly (number | null)[] | null;
}

/** What a run is judged by beside its average accuracy and forgetting; each is defined in `measures.ts`. Fractions. */
export interface RunMetrics {
  /** At the ends of tasks: from the accuracy matrix. */
  readonly averageAnytimeAccuracy: number | null;
  readonly minimumAccuracy: number | null;
  readonly worstCaseAccuracy: number | null;
  readonly backwardTransfer: number | null;
  readonly plasticity: number | null;
  /** From every evaluation of the curve; null where there is none between the ends of tasks. */
  readonly averageAnytimeAccuracyBetween: number | null;
  readonly minimumAccuracyBetween: number | null;
  readonly worstCaseAccuracyBetween: number | null;
}

/** Of a run that has no order of tasks, or has not come to the end of one. */
export const noMetrics: RunMetrics = {
  averageAnytimeAccuracy: null,
  minimumAccuracy: null,
  worstCaseAccuracy: null,
  backwardTransfer: null,
  plasticity: null,
  averageAnytimeAccuracyBetween: null,
  minimumAccuracyBetween: null,
  worstCaseAccuracyBetween: null,
};

export const metricNames = Object.keys(noMetrics) as (keyof RunMetrics)[];

/** WC-ACC after k tasks: (1/k) accuracy on the last + (1 − 1/k) min-ACC. Without an earlier task it is the first part. */
function worstCase(tasks: number, accuracyOnLast: number, minimum: number | null): number | null {
  if (tasks === 1) return accuracyOnLast;
  return minimum === null ? null : accuracyOnLast / tasks + (1 - 1 / tasks) * minimum;
}

/** min-ACC: the mean over earlier tasks of the lowest accuracy in any row after the task's own. */
function minimumOf(matrix: AccuracyMatrix): number | null {
  if (matrix.length < 2) return null;
  return mean(matrix.slice(1).map((_, task) => Math.min(...matrix.slice(task + 1).map((row) => row[task]))));
}

/** Gathers what every evaluation of a run adds to its measures. */
export class MetricsTally {
  #evaluations = 0;
  #lastStep = 0;
  #accuracySteps = 0;
  /** Of each earlier task, since the end of its training. */
  readonly #lowest: number[] = [];
  #onTask: number | null = null;
  #task = 0;
  /** Whether accuracies of single tasks are known, and only tasks met by then have one. */
  #byTask = true;
  readonly #matrix: (readonly number[])[] = [];

  /** Takes the next evaluation. What was evaluated before the first step does not count. */
  add({ step, task, averageAccuracy, accuracyByTask, taskEnd }: Evaluated & { readonly taskEnd: boolean }): void {
    if (step === 0) return;
    this.#evaluations += 1;
    // An evaluation counts for the steps since the one before: for even intervals, that is the plain mean.
    this.#accuracySteps += (step - this.#lastStep) * averageAccuracy;
    this.#lastStep = step;
    this.#task = task;
    this.#onTask = accuracyByTask?.[task - 1] ?? null;
    const seen = accuracyByTask?.filter((accuracy) => accuracy !== null) ?? [];
    if (seen.length !== task) this.#byTask = false;
    if (taskEnd) this.#matrix.push(seen);
    for (const [index, accuracy] of seen.slice(0, task - 1).entries())
      this.#lowest[index] = Math.min(this.#lowest[index] ?? Infinity, accuracy);
  }

  /** A row for each end of a task so far. */
  matrix(): AccuracyMatrix {
    return this.#matrix;
  }

  /**
   * The measures over every evaluation so far.
   *
   * @param ends how many of them were at the ends of tasks
   */
  between(ends = this.#matrix.length): Pick<RunMetrics, BetweenName> {
    if (this.#evaluations <= ends)
      return { averageAnytimeAccuracyBetween: null, minimumAccuracyBetween: null, worstCaseAccuracyBetween: null };
    const minimum = this.#byTask && this.#task > 1 ? mean(this.#lowest) : null;
    const worst = this.#byTask && this.#onTask !== null ? worstCase(this.#task, this.#onTask, minimum) : null;
    return {
      averageAnytimeAccuracyBetween: this.#accuracySteps / this.#lastStep,
      minimumAccuracyBetween: minimum,
      worstCaseAccuracyBetween: worst,
    };
  }
}

type BetweenName = 'averageAnytimeAccuracyBetween' | 'minimumAccuracyBetween' | 'worstCaseAccuracyBetween';

/**
 * The measures of a run, or of the tasks that it has finished so far. All are null without an order of tasks: for the
 * i.i.d. bounds, whose matrix has one row with all tasks.
 *
 * @param curve evaluations of the run, in order of steps; empty where they were not kept
 */
export function runMetrics(matrix: AccuracyMatrix, curve: readonly Evaluated[] = []): RunMetrics {
  if (matrix.length === 0 || matrix.some((row, index) => row.length !== index + 1)) return noMetrics;
  const learnt = matrix.map((row, task) => row[task]);
  const last = lastRow(matrix);
  const earlier = last.slice(0, -1);
  const minimum = minimumOf(matrix);
  const tally = new MetricsTally();
  for (const evaluation of curve) tally.add({ ...evaluation, taskEnd: false });
  return {
    averageAnytimeAccuracy: mean(matrix.map(mean)),
    minimumAccuracy: minimum,
    worstCaseAccuracy: worstCase(matrix.length, last[last.length - 1], minimum),
    backwardTransfer: earlier.length === 0 ? null : mean(earlier.map((accuracy, task) => accuracy - learnt[task])),
    plasticity: mean(learnt),
    ...tally.between(matrix.length),
  };
}

/**
 * The measures of the evaluations of a run so far.
 *
 * @param ordered whether the run has an order of tasks; the i.i.d. bounds have none, and no measure
 */
export function metricsOfEvaluations(
  evaluations: readonly (Evaluated & { readonly taskEnd: boolean })[],
  ordered: boolean,
): RunMetrics {
  if (!ordered) return noMetrics;
  const tally = new MetricsTally();
  for (const evaluation of evaluations) tally.add(evaluation);
  return { ...noMetrics, ...runMetrics(tally.matrix()), ...tally.between() };
}

/** A mean and the half-width of its 95% t-interval; the half-width is null for n = 1. */
export interface Interval {
  readonly n: number;
  readonly mean: number;
  readonly halfWidth95: number | null;
}

/**
 * The t within which 95% of Student's distribution lies, by bisection of its distribution function, which for whole
 * degrees of freedom is a finite sum (Abramowitz and Stegun, 26.7.3 and 26.7.4).
 *
 * @param freedom degrees of freedom, a whole number of at least 1
 */
function studentWithin95(freedom: number): number {
  const odd = freedom % 2 === 1;
  /** The share of the distribution between -t and t, for t = √freedom tan(angle). */
  function shareWithin(angle: number): number {
    const cosine = Math.cos(angle);
    let sum = 0;
    let term = odd ? cosine : 1;
    for (let power = odd ? 1 : 0; power <= freedom - 2; power += 2) {
      sum += term;
      term *= (cosine * cosine * (power + 1)) / (power + 2);
    }
    return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  }
  let [low, high] = [0, Math.PI / 2];
  for (let middle = high / 2; low < middle && middle < high; middle = (low + high) / 2) {
    if (shareWithin(middle) < 0.95) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan(low);
}

/**
 * The 95% confidence interval of a mean over seeds, by Student's t.
 *
 * @throws RangeError for no values
 */
export function interval(values: readonly number[]): Interval {
  const n = values.length;
  if (n === 0) throw new RangeError('An interval needs at least one value; there is none.');
  const centre = mean(values);
  if (n === 1) return { n, mean: centre, halfWidth95: null };
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1);
  return { n, mean: centre, halfWidth95: studentWithin95(n - 1) * Math.sqrt(variance / n) };
}

/** The interval of values of which each exists; null where one does not, or there are none. */
export function wholeInterval(values: readonly (number | null)[]): Interval | null {
  const found = values.filter((value) => value !== null);
  return found.length === 0 || found.length < values.length ? null : interval(found);
}

/** The measures of several runs; each is null unless every run has it, so that all speak of the same runs. */
export function metricIntervals(
  runs: readonly { readonly metrics: RunMetrics }[],
): Readonly<Record<keyof RunMetrics, Interval | null>> {
  const each = metricNames.map((name) => [name, wholeInterval(runs.map(({ metrics }) => metrics[name]))] as const);
  return Object.fromEntries(each) as Record<keyof RunMetrics, Interval | null>;
}

/** What a finished run is judged by, as far as its measures need it. */
interface MeasuredRun {
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
