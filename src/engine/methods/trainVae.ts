import * as tf from '@tensorflow/tfjs';
import { type AdamMoments, adamStep } from '../models/adam.ts';
import { dropoutMask } from '../models/dropoutMask.ts';
import type { Parameters } from '../models/parameters.ts';
import type { Vae } from '../models/vae.ts';
import { vaeGradient, type VaeMasks } from '../models/vaeGradient.ts';
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

export interface VaeTraining {
  readonly iterations: number;
  /** Weight of the KL divergence. */
  readonly beta: number;
  /** Of the ε of each update. */
  readonly random: Random;
  readonly dropout: number;
  /** Of the dropout masks. */
  readonly dropoutRandom: Random;
}

/** Updates a VAE so many times on the same images. Returns a new state; what is given stays. */
export function trainVae(vae: Vae, start: VaeState, images: WeightedImages, { iterations, beta, random, dropout, dropoutRandom }: VaeTraining): VaeState {
  const count = images.rows.shape[0];
  const hiddenMasks = () => Array.from({ length: vae.depth }, () => dropoutMask([vae.hidden, count], dropout, dropoutRandom));
  const masks = (): VaeMasks | null => (dropout === 0 ? null : { encoder: hiddenMasks(), decoder: hiddenMasks() });
  let state = start;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next = tidy(() => {
      const epsilon = tf.tensor2d(standardNormal(vae.latents * count, random), [vae.latents, count]);
      const gradient = vaeGradient(vae, state.parameters, images, epsilon, beta, masks());
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
