import * as tf from '@tensorflow/tfjs';

/** Added to the squared distance of a candidate that has been taken: more than any two latents are apart. */
const far = 1e30;

/**
 * The candidates nearest to some points, as many for each point, none twice: the points choose one after
 * another, each the nearest of what is left. Everything happens on the backend, in a fixed number of operations.
 *
 * @param points [P, latent size]; the choice is among finite values
 * @param candidates [C, latent size]
 * @param count how many in all; all C if there are fewer
 * @returns positions among the candidates, int32 [min(count, C)]: first what is nearest to each point, then what
 *   is second, and so on. The first points have one more each where the points do not divide the count.
 */
export function nearestLatents(points: tf.Tensor2D, candidates: tf.Tensor2D, count: number): tf.Tensor1D {
  const pointCount = points.shape[0];
  const candidateCount = candidates.shape[0];
  const taken = Math.min(count, candidateCount);
  const shares = Array.from({ length: pointCount }, (_, point) => Math.floor((taken + pointCount - 1 - point) / pointCount));

  // |p − c|² but for |p|², which is the same for all of a point's candidates.
  const squares = tf.sum(tf.square(candidates), 1);
  const products: tf.Tensor2D = tf.matMul(points, tf.transpose(candidates));
  let distances: tf.Tensor2D = tf.sub(squares, tf.mul(products, 2));

  const chosen: tf.Tensor1D[] = [];
  for (const [point, share] of shares.entries()) {
    if (share === 0) break;
    const latest = chosen.at(-1);
    if (latest !== undefined) distances = tf.add(distances, tf.mul(tf.cast(tf.sum(tf.oneHot(latest, candidateCount), 0), 'float32'), far));
    const own: tf.Tensor1D = tf.reshape(tf.slice(distances, [point, 0], [1, candidateCount]), [candidateCount]);
    chosen.push(tf.topk(tf.neg(own), share).indices);
  }
  return tf.gather(tf.concat1d(chosen), tf.tensor1d(byRank(shares), 'int32'));
}

/** Where to find, point after point, each one's first choice, then each one's second, … */
function byRank(shares: readonly number[]): number[] {
  const starts = shares.map((_, point) => shares.slice(0, point).reduce((sum, share) => sum + share, 0));
  return Array.from({ length: Math.max(...shares) }, (_, rank) => starts.filter((_start, point) => rank < shares[point]).map((start) => start + rank)).flat();
}
