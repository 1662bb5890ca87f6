import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../models/parameters.ts';
import { sgdStep } from '../models/parameters.ts';
import type { Vae } from '../models/vae.ts';
import { vaeGradient } from '../models/vaeGradient.ts';
import { weightedImages } from '../models/weightedImages.ts';
import { type Random, standardNormal } from '../random.ts';
import { type FrozenClassifier, type FrozenVae, freezeVae } from './frozenNetworks.ts';
import { type GeneratorCoefficients, generatorObjective } from './generatorObjective.ts';
import { klInterference, reconstructionInterference } from './interference.ts';
import { type FoundLatents, roundSize, searchLatents } from './searchLatents.ts';

/**
 * Learning rate of the VAE's virtual step, which is one of plain gradient descent. The loss is a sum over pixels, so
 * its gradient is long: on Split MNIST's second task this rate moves the parameters about as far as one real step of
 * Adam (0.12 against 0.19) and lowers the loss on the incoming batch, while the classifier's 0.01 already raises it
 * and 0.1 makes it explode.
 */
export const virtualVaeRate = 1e-3;

export interface GeneratorSearchInput {
  readonly vae: Vae;
  readonly parameters: Parameters;
  /** Images of the incoming batch, [n, numbers in an image]. */
  readonly incoming: tf.Tensor2D;
  readonly beta: number;
  readonly previous: { readonly vae: FrozenVae; readonly classifier: FrozenClassifier };
  /** Draws from the prior, [rounds · 10, dimensions]. */
  readonly starts: tf.Tensor2D;
  readonly coefficients: GeneratorCoefficients;
  readonly steps: number;
  /** Of the ε of the virtual step and of the comparison. */
  readonly random: Random;
}

/** MIR on the generator (paper, equation 2): latents whose images the coming update makes the VAE explain worse. */
export function searchForGenerator(input: GeneratorSearchInput): FoundLatents {
  const { vae, parameters, incoming, previous, coefficients, random } = input;
  const normal = (rows: number, columns: number) => tf.tensor2d(standardNormal(rows * columns, random), [rows, columns]);

  // θ_v ← θ − α ∇L(θ; incoming), by the gradient of the batch at hand.
  const batch = weightedImages(incoming, null, 0);
  const gradient = vaeGradient(vae, parameters, batch, normal(vae.latents, incoming.shape[0]), input.beta);
  const virtual = freezeVae(vae, sgdStep(parameters, gradient, virtualVaeRate));

  // Both VAEs sample with the same ε.
  const epsilon = normal(roundSize, vae.latents);
  const search = {
    decode: previous.vae.decode,
    previous: (images: tf.Tensor2D) => previous.vae.elboParts(images, epsilon),
    virtual: (images: tf.Tensor2D) => virtual.elboParts(images, epsilon),
    classify: previous.classifier.logits,
  };
  const found = searchLatents(input.starts, (earlier) => generatorObjective(search, coefficients, earlier), input.steps);
  return { ...found, interference: () => interferenceAlong(found.path) };

  /** Both interferences of one latent at each point of its path, with the ε of its row. */
  function interferenceAlong(path: tf.Tensor2D): tf.Tensor1D {
    const images = previous.vae.decode(path);
    const same = tf.tile(tf.slice2d(epsilon, [0, 0], [1, vae.latents]), [path.shape[0], 1]);
    const [after, before] = [virtual.elboParts(images, same), previous.vae.elboParts(images, same)];
    return tf.add(reconstructionInterference(after, before), klInterference(after, before));
  }
}
