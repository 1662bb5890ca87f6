import * as tf from '@tensorflow/tfjs';
import { ascend, replaceNonFinite } from '../latent/ascent.ts';
import { entropy } from '../latent/objectives.ts';
import type { Classifier } from '../models/classifier.ts';
import { softCrossEntropy } from '../models/losses.ts';
import type { Parameters } from '../models/parameters.ts';

/** Added to the squared distance of a candidate that has been taken; larger than any distance between two latents. */
const far = 1e30;

/**
 * The candidates nearest to some points: equally many for each point, none twice. The points choose one after another,
 * each the nearest of those that are left. Everything happens on the backend, in a fixed number of operations.
 *
 * @param points [P, latent size]; the choice is among finite values
 * @param candidates [C, latent size]
 * @param count how many in all; all C if there are fewer
 * @returns positions among the candidates, int32 [min(count, C)]: first the first choice of each point, then the second
 *   of each, and so on. Where the points do not divide the count, the first points have one more each.
 */
export function nearestLatents(points: tf.Tensor2D, candidates: tf.Tensor2D, count: number): tf.Tensor1D {
  const pointCount = points.shape[0];
  const candidateCount = candidates.shape[0];
  const taken = Math.min(count, candidateCount);
  const shares = Array.from({ length: pointCount }, (_, point) =>
    Math.floor((taken + pointCount - 1 - point) / pointCount),
  );

  // |p − c|² without |p|², which is the same for all candidates of a point.
  const squares = tf.sum(tf.square(candidates), 1);
  const products: tf.Tensor2D = tf.matMul(points, tf.transpose(candidates));
  let distances: tf.Tensor2D = tf.sub(squares, tf.mul(products, 2));

  const chosen: tf.Tensor1D[] = [];
  for (const [point, share] of shares.entries()) {
    if (share === 0) break;
    const latest = chosen.at(-1);
    if (latest !== undefined)
      distances = tf.add(distances, tf.mul(tf.cast(tf.sum(tf.oneHot(latest, candidateCount), 0), 'float32'), far));
    const own: tf.Tensor1D = tf.reshape(tf.slice(distances, [point, 0], [1, candidateCount]), [candidateCount]);
    chosen.push(tf.topk(tf.neg(own), share).indices);
  }
  return tf.gather(tf.concat1d(chosen), tf.tensor1d(byRank(shares), 'int32'));
}

/** Positions, in a list that goes point by point, of each point's first choice, then of each one's second, … */
function byRank(shares: readonly number[]): number[] {
  const starts = shares.map((_, point) => shares.slice(0, point).reduce((sum, share) => sum + share, 0));
  return Array.from({ length: Math.max(...shares) }, (_, rank) =>
    starts.filter((_start, point) => rank < shares[point]).map((start) => start + rank),
  ).flat();
}

/** Two states of a classifier, between which latents interfere, and a decoder that shows them latents. */
export interface LatentInterference {
  readonly classifier: Classifier;
  /** The classifier at the end of the task before. */
  readonly previous: Parameters;
  /** θ_v: the classifier after a virtual step on the incoming batch. */
  readonly virtual: Parameters;
  /** Images of latents, [n, numbers in an image]. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
}

/** Points that an ascent found. */
interface Ascent {
  /** [P, latent size] */
  readonly found: tf.Tensor2D;
  /** How many were not finite and stayed where they started, a scalar. */
  readonly replaced: tf.Scalar;
}

/** The authors' settings. Theirs is the KL divergence as PyTorch averages it, over classes. */
const interferenceWeight = 200;
const stepSize = 10;

/** The terms of the objective at latents, [n] each. */
interface HybridTerms {
  /** How far the virtual step moves the answer to each latent: KL(previous ‖ virtual), in nats. */
  readonly divergence: tf.Tensor1D;
  readonly uncertainty: tf.Tensor1D;
  readonly virtualUncertainty: tf.Tensor1D;
  /** Of the divergence; the entropies have −1. */
  readonly weight: number;
}

/**
 * Both classifiers use the latents' own batch statistics, as in all scoring, and the running statistics do not move.
 */
export function hybridTerms(input: LatentInterference, latents: tf.Tensor2D): HybridTerms {
  const { before, after } = answers(input, latents);
  return {
    divergence: tf.sub(softCrossEntropy(after, before), entropy(before)),
    uncertainty: entropy(before),
    virtualUncertainty: entropy(after),
    weight: interferenceWeight / before.shape[1],
  };
}

/** The objective of the ascent: 200 · KL(previous ‖ virtual)/classes − H(previous) − H(virtual) of each latent, [n]. */
export function latentObjective(input: LatentInterference, latents: tf.Tensor2D): tf.Tensor1D {
  const { divergence, uncertainty, virtualUncertainty, weight } = hybridTerms(input, latents);
  return tf.sub(tf.mul(divergence, weight), tf.add(uncertainty, virtualUncertainty));
}

/** One ascent step in latent space from the encoded incoming batch, [P, latent size]. */
export function searchInterference(input: LatentInterference, start: tf.Tensor2D): Ascent {
  // The authors' objective is the sum over the latents, not the mean.
  const [, moved] = ascend(start, (latents) => latentObjective(input, latents), 1, stepSize * start.shape[0]);
  const { latents, replaced } = replaceNonFinite(moved, start);
  return { found: latents, replaced };
}

/**
 * Retrieval of the hybrid (paper, section 3.3, Algorithm 3): finds the latents that the coming update changes most,
 * then takes the stored latents nearest to them.
 *
 * @param start the incoming batch encoded, [P, latent size]
 * @param candidates stored latents, [C, latent size]
 * @param count how many to take; all C if there are fewer
 * @returns positions among the candidates, int32 [min(count, C)], and the ascent
 */
export function retrieveLatents(
  input: LatentInterference,
  start: tf.Tensor2D,
  candidates: tf.Tensor2D,
  count: number,
): Ascent & { readonly picks: tf.Tensor1D } {
  const ascent = searchInterference(input, start);
  return { ...ascent, picks: nearestLatents(ascent.found, candidates, count) };
}

function answers({ classifier, previous, virtual, decode }: LatentInterference, latents: tf.Tensor2D) {
  const images = decode(latents);
  return { before: classifier.forward(previous, images).logits, after: classifier.forward(virtual, images).logits };
}
