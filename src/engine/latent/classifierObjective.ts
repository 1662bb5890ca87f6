import type * as tf from '@tensorflow/tfjs';
import type { GenerativeSettings } from '../generativeSettings.ts';
import type { Objective } from './ascend.ts';
import { diversity } from './diversity.ts';
import { entropy } from './entropy.ts';
import { classifierInterference } from './interference.ts';
import { shell } from './shell.ts';
import { weightedTerms } from './weightedTerms.ts';

export type ClassifierCoefficients = Pick<GenerativeSettings, 'clsInterference' | 'clsEntropy' | 'clsDiversity' | 'clsShell'>;

/** The networks that the objective looks through, each with the gradient of its input. */
export interface ClassifierSearch {
  /** The previous decoder: latents to images. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
  /** Logits of the previous classifier. */
  readonly previous: (images: tf.Tensor2D) => tf.Tensor2D;
  /** Logits of the current classifier after the virtual step. */
  readonly virtual: (images: tf.Tensor2D) => tf.Tensor2D;
}

/**
 * What MIR on the classifier raises (paper, section 3.2, equation 1 with its regularisers): images that the coming
 * update makes the classifier contradict, of which the previous classifier is sure, far from those found before, and
 * on the shell of the prior.
 *
 * @param earlier what earlier rounds found, [m, dimensions]; null in the first round
 * @returns null if there is nothing to raise
 */
export function classifierObjective(search: ClassifierSearch, coefficients: ClassifierCoefficients, earlier: tf.Tensor2D | null): Objective | null {
  const { clsInterference, clsEntropy, clsDiversity, clsShell } = coefficients;
  if (clsInterference + clsEntropy + clsShell === 0 && (earlier === null || clsDiversity === 0)) return null;
  return (z) => {
    const looks = clsInterference !== 0 || clsEntropy !== 0;
    const images = looks ? search.decode(z) : z;
    const previous = looks ? search.previous(images) : z;
    return weightedTerms(z.shape[0], [
      { coefficient: clsInterference, value: () => classifierInterference(search.virtual(images), previous) },
      { coefficient: -clsEntropy, value: () => entropy(previous) },
      ...(earlier === null ? [] : [{ coefficient: clsDiversity, value: () => diversity(z, earlier) }]),
      { coefficient: -clsShell, value: () => shell(z) },
    ]);
  };
}
