/** Row k: fraction right on each task seen so far, after training on task k + 1. */
export type AccuracyMatrix = readonly (readonly number[])[];

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
