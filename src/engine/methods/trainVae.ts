import * as tf from '@tensorflow/tfjs';
import { type AdamMoments, adamStep } from '../models/adam.ts';
import type { Parameters } from '../models/parameters.ts';
import type { Vae } from '../models/vae.ts';
import { vaeGradient } from '../models/vaeGradient.ts';
import type { WeightedImages } from '../models/weightedImages.ts';
import { type Random, standardNormal } from '../random.ts';
import { tidy } from '../tidy.ts';

/** Adam's learning rate for the VAE (paper, appendix). */
const learningRate = 1e-3;

/** A VAE in training. */
export interface VaeState {
  readonly parameters: Parameters;
  readonly moments: AdamMoments;
}

/**
 * Updates a VAE so many times on the same images. Returns a new state; what is given stays.
 *
 * @param random of the ε of each update
 */
export function trainVae(vae: Vae, start: VaeState, images: WeightedImages, iterations: number, beta: number, random: Random): VaeState {
  const count = images.rows.shape[0];
  let state = start;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next = tidy(() => {
      const epsilon = tf.tensor2d(standardNormal(vae.latents * count, random), [vae.latents, count]);
      const gradient = vaeGradient(vae, state.parameters, images, epsilon, beta);
      return adamStep(state.parameters, gradient, state.moments, learningRate);
    });
    if (state !== start) disposeVaeState(state);
    state = next;
  }
  return state;
}

export function disposeVaeState({ parameters, moments }: VaeState): void {
  tf.dispose([parameters, moments.means, moments.squares].flatMap((tree) => Object.values(tree)));
}
