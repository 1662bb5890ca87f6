import * as tf from '@tensorflow/tfjs';
import { ascend, type Objective } from './ascend.ts';

/** Latents that start together in one round. */
export const roundSize = 10;

/** Step size of the ascent (paper, appendix). */
const stepSize = 1;

/** Where a search in latent space ended. */
export interface SearchedLatents {
  /** [rounds · 10, dimensions] */
  readonly latents: tf.Tensor2D;
  /** How many were not finite and are their own starting points again. */
  readonly replaced: tf.Scalar;
  /** The first latent at its start and after each step, [steps + 1, dimensions]. */
  readonly path: tf.Tensor2D;
}

/** What MIR found. */
export interface FoundLatents extends SearchedLatents {
  /** Interference of the first latent at each point of its path, in nats, [steps + 1]. */
  readonly interference: () => tf.Tensor1D;
}

/**
 * Searches latents round by round (paper, Algorithm 2): ten start from the prior and climb the objective, which may
 * look at what earlier rounds found.
 *
 * @param starts draws from the prior, [rounds · 10, dimensions]
 * @param objectiveAfter the objective of a round, given what earlier rounds found, null in the first; null if there is
 *   nothing to climb
 * @param steps steps in each round
 */
export function searchLatents(starts: tf.Tensor2D, objectiveAfter: (earlier: tf.Tensor2D | null) => Objective | null, steps: number): SearchedLatents {
  const [count, dimensions] = starts.shape;
  const found: tf.Tensor2D[] = [];
  const replaced: tf.Scalar[] = [];
  let path: tf.Tensor2D = firstRow(starts);
  for (let from = 0; from < count; from += roundSize) {
    const start = tf.slice2d(starts, [from, 0], [Math.min(roundSize, count - from), dimensions]);
    const objective = objectiveAfter(found.length === 0 ? null : tf.concat(found, 0));
    const points = objective === null ? Array<tf.Tensor2D>(steps + 1).fill(start) : ascend(start, objective, steps, stepSize);
    const finite = replaceNonFinite(points[steps], start);
    found.push(finite.latents);
    replaced.push(finite.replaced);
    if (from === 0) path = tf.concat(points.map(firstRow), 0);
  }
  return { latents: tf.concat(found, 0), replaced: tf.sum(tf.stack(replaced)), path };
}

/** Latents with a coordinate that is not finite are replaced, each by its own row of `start`, and counted. */
export function replaceNonFinite(latents: tf.Tensor2D, start: tf.Tensor2D): { latents: tf.Tensor2D; replaced: tf.Scalar } {
  const finite = tf.all(tf.isFinite(latents), 1, true);
  const kept = tf.broadcastTo(finite, latents.shape);
  return { latents: tf.where(kept, latents, start), replaced: tf.sum(tf.cast(tf.logicalNot(finite), 'float32')) };
}

function firstRow(latents: tf.Tensor2D): tf.Tensor2D {
  return tf.slice2d(latents, [0, 0], [1, latents.shape[1]]);
}
