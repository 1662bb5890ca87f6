import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../core/random.ts';
import type { Layer } from '../programs/columnLayers.ts';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import { hostDrawn, type Mask, type Normals } from '../programs/draws.ts';
import { type VaeLayers, vaeGradientByProducts } from '../programs/vaeGradient.ts';
import { type AdamMoments, adamStep, type Parameters, tidy } from './parameters.ts';
import { initialLayers, type Layers } from './layers.ts';
import type { WeightedImages } from './losses.ts';

/** Widths of a variational autoencoder. */
interface VaeShape {
  /** Numbers in an image. */
  readonly inputs: number;
  readonly hidden: number;
  /** Hidden layers of the encoder, and of the decoder. */
  readonly depth: number;
  /** Dimensions of z. */
  readonly latents: number;
}

/** The Gaussian that the encoder sees behind each image, [n, latents] each. */
interface Posterior {
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
    ...decoderNames.map((name, layer) => ({
      name,
      in: widths(latents)[layer],
      out: layer === depth ? inputs : hidden,
    })),
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

/** The factors of dropout for the hidden units, layer by layer, [hidden, n] each. */
interface VaeMasks {
  readonly encoder: readonly Mask[];
  readonly decoder: readonly Mask[];
}

/**
 * Gradient of the weighted sum over images of reconstruction loss + β KL, with the KL divergence in closed form,
 * written out. Activations are in columns, one per image. The closed form has the expectation of the one-sample
 * estimate and less variance. The loss itself is not computed, because training never uses it.
 *
 * @param epsilon ε of z = mean + √variance · ε, [latents, n]
 * @param beta weight of the KL divergence
 * @param masks null without dropout
 */
export function vaeGradient(
  vae: Vae,
  parameters: Parameters,
  images: WeightedImages,
  epsilon: Normals,
  beta: number | tf.Scalar,
  masks: VaeMasks | null = null,
): Parameters {
  if (runsOnWebgpu()) {
    return tidy(() => {
      const loss = { ...images, epsilon, beta: typeof beta === 'number' ? tf.scalar(beta) : beta };
      const held = { masks: masks ?? { encoder: [], decoder: [] }, floor: probabilityFloor };
      return parametersOf(vae, vaeGradientByProducts(layersFor(vae, parameters), { ...loss, ...held }));
    });
  }
  const drawn = hostDrawn(epsilon);
  const gradient: Record<string, tf.Tensor> = {};
  const forward = (name: string, columns: tf.Tensor2D): tf.Tensor2D =>
    tf.add(tf.matMul(weightOf(parameters, name), columns), tf.expandDims(parameters[`${name}.bias`], 1));
  /** Enters the gradient of a layer's parameters, given that of its output and its input, one row per image. */
  const enter = (name: string, dOutput: tf.Tensor2D, inputRows: tf.Tensor2D) => {
    gradient[`${name}.weight`] = tf.matMul(dOutput, inputRows);
    gradient[`${name}.bias`] = tf.sum(dOutput, 1);
  };
  const backward = (name: string, dOutput: tf.Tensor2D): tf.Tensor2D =>
    tf.matMul(tf.transpose(weightOf(parameters, name)), dOutput);

  /** Through a hidden layer: ReLU, then dropout. */
  const hidden = (name: string, columns: tf.Tensor2D, mask: Mask | undefined): tf.Tensor2D =>
    dropped(tf.relu(forward(name, columns)), mask);
  /** Back through dropout and ReLU; a dropped unit is 0 as one is where ReLU is shut. */
  const shut = (d: tf.Tensor2D, units: tf.Tensor2D, mask: Mask | undefined): tf.Tensor2D =>
    dropped(tf.mul(d, tf.step(units)), mask);

  // Encode.
  const encoded = [images.columns];
  for (const [layer, name] of vae.encoderNames.entries())
    encoded.push(hidden(name, encoded[layer], masks?.encoder[layer]));
  const features = encoded[encoded.length - 1];
  const mean = forward('mean', features);
  const variancePre = forward('variance.0', features);
  const variance = tf.softplus(variancePre);
  const deviation = tf.sqrt(variance);

  // Sample and decode.
  const decoded: tf.Tensor2D[] = [tf.add(mean, tf.mul(deviation, drawn))];
  const outputName = vae.decoderNames[vae.depth];
  for (const [layer, name] of vae.decoderNames.slice(0, -1).entries())
    decoded.push(hidden(name, decoded[layer], masks?.decoder[layer]));
  const probabilities = tf.sigmoid(forward(outputName, decoded[vae.depth]));

  // Back through the decoder. Where a probability is held at its floor, no gradient flows.
  const clipped = tf.clipByValue(probabilities, probabilityFloor, 1 - probabilityFloor);
  const flows = tf.sub(1, tf.step(tf.abs(tf.sub(probabilities, clipped))));
  let d: tf.Tensor2D = tf.mul(tf.mul(tf.sub(probabilities, images.columns), flows), images.weights);
  enter(outputName, d, tf.transpose(decoded[vae.depth]));
  d = backward(outputName, d);
  for (let layer = vae.depth - 1; layer >= 0; layer--) {
    d = shut(d, decoded[layer + 1], masks?.decoder[layer]);
    enter(vae.decoderNames[layer], d, tf.transpose(decoded[layer]));
    d = backward(vae.decoderNames[layer], d);
  }

  // Through z = mean + √variance · ε and KL = ½ Σ (variance + mean² − 1 − ln variance).
  const klWeights = tf.mul(images.weights, beta);
  const dMean: tf.Tensor2D = tf.add(d, tf.mul(mean, klWeights));
  const dVariance = tf.mul(
    0.5,
    tf.add(tf.div(tf.mul(d, drawn), deviation), tf.mul(tf.sub(1, tf.reciprocal(variance)), klWeights)),
  );
  const dVariancePre: tf.Tensor2D = tf.mul(dVariance, tf.sigmoid(variancePre));

  // Back through the encoder.
  const featureRows = tf.transpose(features);
  enter('mean', dMean, featureRows);
  enter('variance.0', dVariancePre, featureRows);
  d = tf.add(backward('mean', dMean), backward('variance.0', dVariancePre));
  for (let layer = vae.depth - 1; layer >= 0; layer--) {
    d = shut(d, encoded[layer + 1], masks?.encoder[layer]);
    enter(vae.encoderNames[layer], d, layer === 0 ? images.rows : tf.transpose(encoded[layer]));
    if (layer > 0) d = backward(vae.encoderNames[layer], d);
  }
  return gradient;
}

/** A VAE's layers, by what they do. */
export function layersFor({ encoderNames, decoderNames }: Vae, parameters: Parameters): VaeLayers {
  const layer = (name: string): Layer => ({
    weight: parameters[`${name}.weight`],
    bias: parameters[`${name}.bias`],
  });
  return {
    encoder: encoderNames.map(layer),
    mean: layer('mean'),
    variance: layer('variance.0'),
    decoder: decoderNames.map(layer),
  };
}

function parametersOf({ encoderNames, decoderNames }: Vae, layers: VaeLayers): Parameters {
  const named: [string, Layer][] = [
    ...encoderNames.map((name, layer): [string, Layer] => [name, layers.encoder[layer]]),
    ['mean', layers.mean],
    ['variance.0', layers.variance],
    ...decoderNames.map((name, layer): [string, Layer] => [name, layers.decoder[layer]]),
  ];
  return Object.fromEntries(
    named.flatMap(([name, { weight, bias }]) => [
      [`${name}.weight`, weight],
      [`${name}.bias`, bias],
    ]),
  );
}

function dropped(units: tf.Tensor2D, mask: Mask | undefined): tf.Tensor2D {
  return mask === undefined ? units : tf.mul(units, hostDrawn(mask));
}

function weightOf(parameters: Parameters, name: string): tf.Tensor2D {
  return parameters[`${name}.weight`] as tf.Tensor2D;
}

/** Adam's learning rate for the VAE (paper, appendix). */
export const vaeLearningRate = 1e-3;

/** A VAE in training. */
export interface VaeState {
  readonly parameters: Parameters;
  readonly moments: AdamMoments;
}

/** The draws for training a VAE on the same images, update by update. */
interface VaeUpdates {
  /** Weight of the KL divergence. */
  readonly beta: tf.Scalar;
  /** ε, [latents, n] each. */
  readonly epsilons: readonly Normals[];
  /** Null without dropout. */
  readonly masks: readonly VaeMasks[] | null;
  /** Adam's (models/adam.ts), [2] each. */
  readonly rates: readonly tf.Tensor1D[];
}

/** Updates a VAE on the same images, once for each ε. Returns a new state; what is given stays. */
export function trainVae(vae: Vae, start: VaeState, images: WeightedImages, updates: VaeUpdates): VaeState {
  let state = start;
  for (const [iteration, epsilon] of updates.epsilons.entries()) {
    const next = tidy(() => {
      const masks = updates.masks?.[iteration] ?? null;
      const gradient = vaeGradient(vae, state.parameters, images, epsilon, updates.beta, masks);
      return adamStep(state.parameters, gradient, state.moments, updates.rates[iteration]);
    });
    // Only between two updates: the state before an update is large and no longer needed.
    if (state !== start) disposeVaeState(state);
    state = next;
  }
  return state;
}

function disposeVaeState({ parameters, moments }: VaeState): void {
  tf.dispose([parameters, moments.means, moments.squares].flatMap((tree) => Object.values(tree)));
}
