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
