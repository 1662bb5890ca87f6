import * as tf from '@tensorflow/tfjs';
import type { ClimbTermName } from '../../core/events.ts';

/**
 * The objective to raise: its value at each latent, [n, dimensions] → [n]. The value of a latent depends on that latent
 * alone.
 */
export type Objective = (latents: tf.Tensor2D) => tf.Tensor1D;

/**
 * Gradient ascent in latent space: z ← z + size · ∇ mean(objective), the mean taken over the latents.
 *
 * @param start [n, dimensions]
 * @returns the latents at the start and after each step, steps + 1 of them
 */
export function ascend(start: tf.Tensor2D, objective: Objective, steps: number, size: number): tf.Tensor2D[] {
  const points = [start];
  const share = tf.fill([start.shape[0]], 1 / start.shape[0]);
  const gradient = tf.grad((z) => objective(z as tf.Tensor2D));
  for (let step = 0; step < steps; step++) {
    const from = points[step];
    points.push(tf.add(from, tf.mul(gradient(from, share), size)));
  }
  return points;
}

/** Latents that start together in one round. */
export const roundSize = 10;

/** Step size of the ascent (paper, appendix). */
export const stepSize = 1;

/** Where a search in latent space ended. */
interface SearchedLatents {
  /** [rounds · 10, dimensions] */
  readonly latents: tf.Tensor2D;
  /** How many were not finite and were set back to their starting points. */
  readonly replaced: tf.Scalar;
  /** The first latent at its start and after each step, [steps + 1, dimensions]. */
  readonly path: tf.Tensor2D;
}

/** What a trace tells of each point of a path. */
export interface TracedClimb {
  /** In nats, [points]. */
  readonly interference: tf.Tensor1D;
  /** The terms of the objective: coefficient, and value at each point, [points]. */
  readonly terms: readonly { readonly name: ClimbTermName; readonly weight: number; readonly values: tf.Tensor1D }[];
}

/** The result of MIR. */
export interface FoundLatents extends SearchedLatents {
  /** What is told of the path of the first latent. */
  readonly along: () => TracedClimb;
}

/**
 * Searches latents round by round (paper, Algorithm 2): ten latents start from the prior and climb the objective, which
 * may depend on the latents of earlier rounds.
 *
 * @param starts draws from the prior, [rounds · 10, dimensions]
 * @param objectiveAfter the objective of a round, given the latents that earlier rounds found (null in the first); null
 *   if there is nothing to climb
 * @param steps steps in each round
 */
export function searchLatents(
  starts: tf.Tensor2D,
  objectiveAfter: (earlier: tf.Tensor2D | null) => Objective | null,
  steps: number,
): SearchedLatents {
  return searchRounds(
    starts,
    (start, earlier) => {
      const objective = objectiveAfter(earlier);
      return objective === null ? null : ascend(start, objective, steps, stepSize);
    },
    steps,
  );
}

/**
 * The same by any form of the ascent.
 *
 * @param climb a round's latents at their start and after each step, given what earlier rounds found (null in the
 *   first); null if there is nothing to climb
 */
export function searchRounds(
  starts: tf.Tensor2D,
  climb: (start: tf.Tensor2D, earlier: tf.Tensor2D | null) => tf.Tensor2D[] | null,
  steps: number,
): SearchedLatents {
  const [count, dimensions] = starts.shape;
  const found: tf.Tensor2D[] = [];
  const replaced: tf.Scalar[] = [];
  let path: tf.Tensor2D = firstRow(starts);
  for (let from = 0; from < count; from += roundSize) {
    const start = tf.slice2d(starts, [from, 0], [Math.min(roundSize, count - from), dimensions]);
    const points =
      climb(start, found.length === 0 ? null : tf.concat(found, 0)) ?? Array<tf.Tensor2D>(steps + 1).fill(start);
    const finite = replaceNonFinite(points[steps], start);
    found.push(finite.latents);
    replaced.push(finite.replaced);
    if (from === 0) path = tf.concat(points.map(firstRow), 0);
  }
  return { latents: tf.concat(found, 0), replaced: tf.sum(tf.stack(replaced)), path };
}

/** Replaces each latent that has a coordinate that is not finite by its own row of `start`, and counts them. */
export function replaceNonFinite(
  latents: tf.Tensor2D,
  start: tf.Tensor2D,
): { latents: tf.Tensor2D; replaced: tf.Scalar } {
  const finite = tf.all(tf.isFinite(latents), 1, true);
  const kept = tf.broadcastTo(finite, latents.shape);
  return { latents: tf.where(kept, latents, start), replaced: tf.sum(tf.cast(tf.logicalNot(finite), 'float32')) };
}

function firstRow(latents: tf.Tensor2D): tf.Tensor2D {
  return tf.slice2d(latents, [0, 0], [1, latents.shape[1]]);
}
