import * as tf from '@tensorflow/tfjs';
import type { Random } from '../random.ts';
import type { Layers } from './layers.ts';
import { initialLayers } from './linear.ts';
import type { Parameters } from './parameters.ts';

/** Widths of a variational autoencoder. */
export interface VaeShape {
  /** Numbers in an image. */
  readonly inputs: number;
  readonly hidden: number;
  /** Hidden layers of the encoder, and of the decoder. */
  readonly depth: number;
  /** Dimensions of z. */
  readonly latents: number;
}

/** The Gaussian that the encoder sees behind each image, [n, latents] each. */
export interface Posterior {
  readonly mean: tf.Tensor2D;
  readonly variance: tf.Tensor2D;
}

/** Both parts of each image's −ELBO at β = 1, in nats, [n] each; each is computed when it is asked for. */
export interface ElboParts {
  readonly reconstruction: tf.Tensor1D;
  readonly kl: tf.Tensor1D;
}

/** Probabilities are kept this far from 0 and 1, where their logarithms are finite. */
export const probabilityFloor = 1e-6;

/**
 * A variational autoencoder (Kingma & Welling 2014; paper, section 3.2): hidden layers with ReLU, a linear mean, a
 * variance under softplus, a mirrored decoder with a sigmoid, Bernoulli pixels. Parameters are named as in a PyTorch
 * module with the `Sequential`s encoder, variance and decoder.
 */
export interface Vae extends VaeShape {
  readonly encoderNames: readonly string[];
  readonly decoderNames: readonly string[];
  /** Fresh parameters, drawn from a generator. */
  init(random: Random): Parameters;
  encode(layers: Layers, images: tf.Tensor2D): Posterior;
  /** Pixels as probabilities, [n, inputs]. */
  decode(layers: Layers, latents: tf.Tensor2D): tf.Tensor2D;
  /** @param epsilon ε of z = mean + √variance · ε, [n, latents] */
  elboParts(layers: Layers, images: tf.Tensor2D, epsilon: tf.Tensor2D): ElboParts;
}

export function vae(shape: VaeShape): Vae {
  const { inputs, hidden, depth, latents } = shape;
  const encoderNames = Array.from({ length: depth }, (_, layer) => `encoder.${2 * layer}`);
  const decoderNames = Array.from({ length: depth + 1 }, (_, layer) => `decoder.${2 * layer}`);
  const widths = (first: number) => [first, ...Array<number>(depth).fill(hidden)];
  const sizes = [
    ...encoderNames.map((name, layer) => ({ name, in: widths(inputs)[layer], out: hidden })),
    { name: 'mean', in: hidden, out: latents },
    { name: 'variance.0', in: hidden, out: latents },
    ...decoderNames.map((name, layer) => ({ name, in: widths(latents)[layer], out: layer === depth ? inputs : hidden })),
  ];

  const encode = (layers: Layers, images: tf.Tensor2D): Posterior => {
    let features = images;
    for (const name of encoderNames) features = tf.relu(layers(name, features));
    return { mean: layers('mean', features), variance: tf.softplus(layers('variance.0', features)) };
  };
  const decode = (layers: Layers, z: tf.Tensor2D): tf.Tensor2D => {
    let features = z;
    for (const name of decoderNames.slice(0, -1)) features = tf.relu(layers(name, features));
    return tf.sigmoid(layers(decoderNames[depth], features));
  };

  return {
    ...shape,
    encoderNames,
    decoderNames,
    init: (random) => initialLayers(sizes, random),
    encode,
    decode,
    elboParts(layers, images, epsilon) {
      const posterior = encode(layers, images);
      return {
        get reconstruction() {
          return bernoulliLoss(decode(layers, sampleLatents(posterior, epsilon)), images);
        },
        get kl() {
          return standardNormalKl(posterior);
        },
      };
    },
  };
}

/** z = mean + √variance · ε. */
export function sampleLatents({ mean, variance }: Posterior, epsilon: tf.Tensor2D): tf.Tensor2D {
  return tf.add(mean, tf.mul(tf.sqrt(variance), epsilon));
}

/** −log p(image | z) under Bernoulli pixels, summed over pixels, in nats, [n]. */
export function bernoulliLoss(probabilities: tf.Tensor2D, images: tf.Tensor2D): tf.Tensor1D {
  const p = tf.clipByValue(probabilities, probabilityFloor, 1 - probabilityFloor);
  return tf.neg(tf.sum(tf.add(tf.mul(images, tf.log(p)), tf.mul(tf.sub(1, images), tf.log(tf.sub(1, p)))), 1));
}

/** KL(N(mean, variance) ‖ N(0, I)) in closed form, in nats, [n]. */
export function standardNormalKl({ mean, variance }: Posterior): tf.Tensor1D {
  return tf.mul(0.5, tf.sum(tf.sub(tf.add(variance, tf.square(mean)), tf.add(1, tf.log(variance))), 1));
}

/** One sample of the same divergence: log q(z) − log p(z), in nats, [n]. */
export function oneSampleKl({ variance }: Posterior, latents: tf.Tensor2D, epsilon: tf.Tensor2D): tf.Tensor1D {
  return tf.mul(0.5, tf.sum(tf.sub(tf.square(latents), tf.add(tf.square(epsilon), tf.log(variance))), 1));
}
