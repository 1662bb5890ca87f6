import * as tf from '@tensorflow/tfjs';
import type { ClimbTermName } from '../../core/events.ts';
import type { GenerativeSettings } from '../../core/replaySettings.ts';
import { softCrossEntropy } from '../models/losses.ts';
import type { ElboParts } from '../models/vae.ts';
import type { Objective } from './ascent.ts';

/** A term of an objective with its coefficient, which is negative for a term to lower. */
interface Term {
  readonly name: ClimbTermName;
  readonly coefficient: number;
  readonly value: () => tf.Tensor1D;
}

/** The terms of an objective at latents, [n, dimensions]; none has coefficient 0. */
export type Terms = (latents: tf.Tensor2D) => readonly Term[];

function wanted(terms: readonly Term[]): Term[] {
  return terms.filter(({ coefficient }) => coefficient !== 0);
}

/** Σ coefficient · value over the terms. */
function sumOf(terms: Terms): Objective {
  return (z) =>
    terms(z).reduce<tf.Tensor1D>(
      (sum, { coefficient, value }) => tf.add(sum, tf.mul(value(), coefficient)),
      tf.zeros([z.shape[0]]),
    );
}

/**
 * DIV: the mean squared difference between each latent and all latents that earlier rounds found, over those and over
 * dimensions, [n]. The authors pair latents round by round, latent i with latent i of each earlier round; here the mean
 * is over all of them. The paper's coefficients belong to a mean over dimensions, not to a sum.
 *
 * @param latents [n, dimensions]
 * @param earlier [m, dimensions], m > 0; no gradient flows into them
 */
export function diversity(latents: tf.Tensor2D, earlier: tf.Tensor2D): tf.Tensor1D {
  // mean |z − e|² = |z − mean e|² + mean |e − mean e|²
  const centre = tf.mean(earlier, 0);
  return tf.add(tf.mean(tf.squaredDifference(latents, centre), 1), tf.mean(tf.squaredDifference(earlier, centre)));
}

/** Entropy of the class probabilities of each image, in nats, [n, classes] → [n]: low where the network is sure. */
export function entropy(logits: tf.Tensor2D): tf.Tensor1D {
  return softCrossEntropy(logits, logits);
}

/**
 * How strongly a virtual step makes a classifier contradict the previous one: the cross-entropy of its class
 * probabilities against the previous one's, KL(previous ‖ virtual) + H(previous), in nats, [n].
 *
 * @param virtual logits, [n, classes]
 * @param previous logits, [n, classes]
 */
export function classifierInterference(virtual: tf.Tensor2D, previous: tf.Tensor2D): tf.Tensor1D {
  return softCrossEntropy(virtual, previous);
}

/** How much worse the virtual VAE reconstructs an image than the previous one does, in nats, [n]. */
export function reconstructionInterference(virtual: ElboParts, previous: ElboParts): tf.Tensor1D {
  return tf.sub(virtual.reconstruction, previous.reconstruction);
}

/** How much farther the virtual VAE's posterior is from the prior than the previous one's, in nats, [n]. */
export function klInterference(virtual: ElboParts, previous: ElboParts): tf.Tensor1D {
  return tf.sub(virtual.kl, previous.kl);
}

/**
 * SHELL: (‖z‖ − √d)² of each latent of d dimensions, [n]. Nearly all of a standard normal distribution lies near the
 * sphere of radius √d, where the decoder has been trained.
 */
export function shell(latents: tf.Tensor2D): tf.Tensor1D {
  // The floor keeps the gradient of the norm finite at z = 0.
  const norm = tf.sqrt(tf.maximum(tf.sum(tf.square(latents), 1), 1e-12));
  return tf.square(tf.sub(norm, Math.sqrt(latents.shape[1])));
}

export type ClassifierCoefficients = Pick<
  GenerativeSettings,
  'clsInterference' | 'clsEntropy' | 'clsDiversity' | 'clsShell'
>;

/** The networks that the objective looks through, each with the gradient of its input. */
interface ClassifierSearch {
  /** The previous decoder: latents to images. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
  /** Logits of the previous classifier. */
  readonly previous: (images: tf.Tensor2D) => tf.Tensor2D;
  /** Logits of the current classifier after the virtual step. */
  readonly virtual: (images: tf.Tensor2D) => tf.Tensor2D;
}

/**
 * The terms of MIR's objective on the classifier (paper, section 3.2, equation 1 with its regularisers). Their sum is
 * high for images on which the coming update makes the classifier contradict the previous one, of which the previous
 * classifier is sure, which are far from those found before, and whose latents are on the shell of the prior.
 *
 * @param earlier what earlier rounds found, [m, dimensions]; null in the first round
 * @returns null if there is nothing to raise
 */
export function classifierTerms(
  search: ClassifierSearch,
  coefficients: ClassifierCoefficients,
  earlier: tf.Tensor2D | null,
): Terms | null {
  const { clsInterference, clsEntropy, clsDiversity, clsShell } = coefficients;
  if (clsInterference + clsEntropy + clsShell === 0 && (earlier === null || clsDiversity === 0)) return null;
  return (z) => {
    const looks = clsInterference !== 0 || clsEntropy !== 0;
    const images = looks ? search.decode(z) : z;
    const previous = looks ? search.previous(images) : z;
    return wanted([
      {
        name: 'disagreement',
        coefficient: clsInterference,
        value: () => classifierInterference(search.virtual(images), previous),
      },
      { name: 'uncertainty', coefficient: -clsEntropy, value: () => entropy(previous) },
      ...diversityTerm(clsDiversity, z, earlier),
      { name: 'shell', coefficient: -clsShell, value: () => shell(z) },
    ]);
  };
}

/** The sum of {@link classifierTerms}, which latents climb. */
export function classifierObjective(...parts: Parameters<typeof classifierTerms>): Objective | null {
  const terms = classifierTerms(...parts);
  return terms && sumOf(terms);
}

function diversityTerm(coefficient: number, z: tf.Tensor2D, earlier: tf.Tensor2D | null): Term[] {
  return earlier === null ? [] : [{ name: 'diversity', coefficient, value: () => diversity(z, earlier) }];
}

export type GeneratorCoefficients = Pick<
  GenerativeSettings,
  'genReconstruction' | 'genKl' | 'genEntropy' | 'genDiversity' | 'genShell'
>;

/** The networks that the objective looks through, each with the gradient of its input. */
interface GeneratorSearch {
  /** The previous decoder: latents to images. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
  /** −ELBO of images under the previous VAE. */
  readonly previous: (images: tf.Tensor2D) => ElboParts;
  /** −ELBO of images under the current VAE after the virtual step, with the same ε. */
  readonly virtual: (images: tf.Tensor2D) => ElboParts;
  /** Logits of the previous classifier. */
  readonly classify: (images: tf.Tensor2D) => tf.Tensor2D;
}

/**
 * The terms of MIR's objective on the generator (paper, section 3.2, equation 2 with its regularisers). Their sum is
 * high for images that the coming update makes the VAE explain worse, of which the previous classifier is sure, which
 * are far from those found before, and whose latents are on the shell of the prior.
 *
 * @param earlier what earlier rounds found, [m, dimensions]; null in the first round
 * @returns null if there is nothing to raise
 */
export function generatorTerms(
  search: GeneratorSearch,
  coefficients: GeneratorCoefficients,
  earlier: tf.Tensor2D | null,
): Terms | null {
  const { genReconstruction, genKl, genEntropy, genDiversity, genShell } = coefficients;
  if (genReconstruction + genKl + genEntropy + genShell === 0 && (earlier === null || genDiversity === 0)) return null;
  return (z) => {
    const compares = genReconstruction !== 0 || genKl !== 0;
    const images = compares || genEntropy !== 0 ? search.decode(z) : z;
    const [virtual, previous] = compares ? [search.virtual(images), search.previous(images)] : [];
    const between = (interference: (virtual: ElboParts, previous: ElboParts) => tf.Tensor1D) => () => {
      if (virtual === undefined || previous === undefined) throw new Error('A term of coefficient 0 was computed.');
      return interference(virtual, previous);
    };
    return wanted([
      { name: 'reconstruction', coefficient: genReconstruction, value: between(reconstructionInterference) },
      { name: 'kl', coefficient: genKl, value: between(klInterference) },
      { name: 'uncertainty', coefficient: -genEntropy, value: () => entropy(search.classify(images)) },
      ...diversityTerm(genDiversity, z, earlier),
      { name: 'shell', coefficient: -genShell, value: () => shell(z) },
    ]);
  };
}

/** The sum of {@link generatorTerms}, which latents climb. */
export function generatorObjective(...parts: Parameters<typeof generatorTerms>): Objective | null {
  const terms = generatorTerms(...parts);
  return terms && sumOf(terms);
}
