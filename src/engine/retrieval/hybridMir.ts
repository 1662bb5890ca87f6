import * as tf from '@tensorflow/tfjs';
import { ascend } from '../latent/ascend.ts';
import { entropy } from '../latent/entropy.ts';
import { replaceNonFinite } from '../latent/searchLatents.ts';
import type { Classifier } from '../models/classifier.ts';
import type { Parameters } from '../models/parameters.ts';
import { softCrossEntropy } from '../models/softCrossEntropy.ts';
import { nearestLatents } from './nearestLatents.ts';

/** What interferes: two states of a classifier, and a decoder that shows them latents. */
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
export interface Ascent {
  /** [P, latent size] */
  readonly found: tf.Tensor2D;
  /** How many were not finite and stayed where they started, a scalar. */
  readonly replaced: tf.Scalar;
}

/** The authors' settings. Theirs is the KL divergence as PyTorch averages it, over classes. */
const interferenceWeight = 200;
const stepSize = 10;

/**
 * How far the virtual step moves the answer to each latent: KL(previous ‖ virtual), in nats, [n]. Both
 * classifiers go by the latents' own batch statistics, as in every scoring, and keep none.
 */
export function interferenceOf(input: LatentInterference, latents: tf.Tensor2D): tf.Tensor1D {
  const { before, after } = answers(input, latents);
  return tf.sub(softCrossEntropy(after, before), entropy(before));
}

/** What the ascent climbs: 200 · KL(previous ‖ virtual)/classes − H(previous) − H(virtual) of each latent, [n]. */
export function latentObjective(input: LatentInterference, latents: tf.Tensor2D): tf.Tensor1D {
  const { before, after } = answers(input, latents);
  const divergence = tf.sub(softCrossEntropy(after, before), entropy(before));
  const weight = interferenceWeight / before.shape[1];
  return tf.sub(tf.mul(divergence, weight), tf.add(entropy(before), entropy(after)));
}

/** One ascent step in latent space from the encoded incoming batch, [P, latent size]. */
export function searchInterference(input: LatentInterference, start: tf.Tensor2D): Ascent {
  // The authors climb the sum over the latents, not the mean.
  const [, moved] = ascend(start, (latents) => latentObjective(input, latents), 1, stepSize * start.shape[0]);
  const { latents, replaced } = replaceNonFinite(moved, start);
  return { found: latents, replaced };
}

/**
 * Retrieval of the hybrid (paper, section 3.3, Algorithm 3): look in latent space for what the coming update
 * changes most, then take the stored latents nearest to what was found.
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
