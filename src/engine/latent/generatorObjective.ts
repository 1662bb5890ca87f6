import type * as tf from '@tensorflow/tfjs';
import type { GenerativeSettings } from '../generativeSettings.ts';
import type { ElboParts } from '../models/vae.ts';
import type { Objective } from './ascend.ts';
import { diversity } from './diversity.ts';
import { entropy } from './entropy.ts';
import { klInterference, reconstructionInterference } from './interference.ts';
import { shell } from './shell.ts';
import { weightedTerms } from './weightedTerms.ts';

export type GeneratorCoefficients = Pick<GenerativeSettings, 'genReconstruction' | 'genKl' | 'genEntropy' | 'genDiversity' | 'genShell'>;

/** The networks that the objective looks through, each with the gradient of its input. */
export interface GeneratorSearch {
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
 * What MIR on the generator raises (paper, section 3.2, equation 2 with its regularisers): images that the coming
 * update makes the VAE explain worse, of which the previous classifier is sure, far from those found before, and on
 * the shell of the prior.
 *
 * @param earlier what earlier rounds found, [m, dimensions]; null in the first round
 * @returns null if there is nothing to raise
 */
export function generatorObjective(search: GeneratorSearch, coefficients: GeneratorCoefficients, earlier: tf.Tensor2D | null): Objective | null {
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
    return weightedTerms(z.shape[0], [
      { coefficient: genReconstruction, value: between(reconstructionInterference) },
      { coefficient: genKl, value: between(klInterference) },
      { coefficient: -genEntropy, value: () => entropy(search.classify(images)) },
      ...(earlier === null ? [] : [{ coefficient: genDiversity, value: () => diversity(z, earlier) }]),
      { coefficient: -genShell, value: () => shell(z) },
    ]);
  };
}
