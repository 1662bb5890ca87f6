import type * as tf from '@tensorflow/tfjs';
import { activations, columnLayers, type Layer, product } from './columnLayers.ts';
import { dispatch, flat, flatIndex, type Sharing } from './dispatch.ts';
import type { ImagePull } from './latentClimb.ts';

/**
 * Layers of several networks that look alike, one below another: weights [networks · out, in], biases
 * [networks · out], activations [networks · units, n]. A dispatch each, forward and backward.
 */
interface PlaneLayers {
  /** W x + b of each network's own x, through what follows. */
  forward(layer: Layer, x: tf.Tensor, after: 'relu' | ''): tf.Tensor;
  /** Back to hidden units behind ReLU, and through it, by the gradient of what the layer gave. */
  backThroughHidden(layer: Layer, dOutput: tf.Tensor, units: tf.Tensor): tf.Tensor;
}

function planeLayers(networks: number, sharing?: Sharing): PlaneLayers {
  return {
    forward(layer, x, after) {
      const [out, width] = sizesOf(layer, networks);
      const count = x.shape[1] ?? 0;
      const [units] = product(
        {
          name: 'planesForward',
          planes: networks,
          rows: out,
          columns: count,
          depth: width,
          outputs: { units: [networks * out, count] },
          inputs: { weight: layer.weight, bias: layer.bias, x },
          functions: activations,
          left: `return weight[(plane * ${out}u + row) * ${width}u + k];`,
          right: `return x[(plane * ${width}u + k) * ${count}u + column];`,
          finish: `let own = plane * ${out}u + row;
  units[own * ${count}u + column] = ${after}(sum + bias[own]);`,
        },
        sharing,
      );
      return units;
    },

    backThroughHidden(layer, dOutput, units) {
      const [out, width] = sizesOf(layer, networks);
      const count = units.shape[1] ?? 0;
      const [d] = product(
        {
          name: 'planesBackThroughHidden',
          planes: networks,
          rows: width,
          columns: count,
          depth: out,
          outputs: { d: units.shape },
          inputs: { weight: layer.weight, dOutput, units },
          left: `return weight[(plane * ${out}u + k) * ${width}u + row];`,
          right: `return dOutput[(plane * ${out}u + k) * ${count}u + column];`,
          // A unit that is not a number lets the gradient through, so that the latent becomes none either and is noticed.
          finish: `let at = (plane * ${width}u + row) * ${count}u + column;
  d[at] = select(sum, 0.0, units[at] <= 0.0);`,
        },
        sharing,
      );
      return d;
    },
  };
}

/** Numbers that come out of a layer of one network, and that go in. */
function sizesOf({ weight }: Layer, networks: number): [number, number] {
  return [weight.shape[0] / networks, weight.shape[1] ?? 0];
}

/** The previous VAE, and below it the one after the virtual step, layer by layer (planeLayers.ts). */
export interface VaePair {
  /** Hidden layers from the image on. */
  readonly encoder: readonly Layer[];
  /** Means and below them variances before softplus: [2 · 2 · latents, hidden] and [2 · 2 · latents]. */
  readonly posterior: Layer;
  /** Hidden layers from the latent on, and the layer of pixels. */
  readonly decoder: readonly Layer[];
}

/** What is compared between the two: the second one's −ELBO less the first one's, part by part. */
export interface VaeTerms {
  /** Coefficients. */
  readonly reconstruction: number;
  readonly kl: number;
  /** ε of z = mean + √variance · ε, in both, [n, latents]. */
  readonly epsilon: tf.Tensor;
  /** Probabilities are kept this far from 0 and 1. */
  readonly floor: number;
}

/** WGSL of the sign of a VAE's part in the comparison. */
const sign = 'let part = select(-1.0, 1.0, plane == 1u);';

/** How the terms pull at images, [numbers in an image, n], by 4 · depth + 3 dispatches. */
export function vaePull(pair: VaePair, images: tf.Tensor, terms: VaeTerms, sharing?: Sharing): ImagePull {
  const layers = planeLayers(2, sharing);
  const depth = pair.encoder.length;
  // Both look at the same images, so their first layers are one.
  const hidden = [columnLayers(sharing).hidden(pair.encoder[0], images, undefined)];
  for (const layer of pair.encoder.slice(1)) hidden.push(layers.forward(layer, hidden[hidden.length - 1], 'relu'));
  const posterior = layers.forward(pair.posterior, hidden[depth - 1], '');

  const compared =
    terms.reconstruction === 0
      ? { d: klGradient(posterior, terms), direct: null }
      : reconstructionGradient(pair, images, posterior, terms, sharing);
  let d = layers.backThroughHidden(pair.posterior, compared.d, hidden[depth - 1]);
  for (let layer = depth - 1; layer > 0; layer--)
    d = layers.backThroughHidden(pair.encoder[layer], d, hidden[layer - 1]);
  return { through: [{ weight: pair.encoder[0].weight, d }], direct: compared.direct };
}

/** A gradient with respect to posteriors, and what pulls at the images themselves, [2 · numbers in an image, n]. */
interface Compared {
  readonly d: tf.Tensor;
  readonly direct: tf.Tensor | null;
}

/** Through both decoders and back, with the KL divergences. */
function reconstructionGradient(
  { decoder }: VaePair,
  images: tf.Tensor,
  posterior: tf.Tensor,
  terms: VaeTerms,
  sharing: Sharing | undefined,
): Compared {
  const layers = planeLayers(2, sharing);
  const last = decoder.length - 1;
  const units = [fromPosterior(decoder[0], posterior, terms, sharing)];
  for (const layer of decoder.slice(1, -1)) units.push(layers.forward(layer, units[units.length - 1], 'relu'));
  const { d: dPixels, direct } = pixelGradient(decoder[last], units[last - 1], images, terms, sharing);
  let d = dPixels;
  for (let layer = last; layer > 0; layer--) d = layers.backThroughHidden(decoder[layer], d, units[layer - 1]);
  return { d: posteriorGradient(decoder[0], d, posterior, terms, sharing), direct };
}

/** The decoders' first layer, which samples z where it reads it. */
function fromPosterior(
  layer: Layer,
  posterior: tf.Tensor,
  { epsilon }: VaeTerms,
  sharing: Sharing | undefined,
): tf.Tensor {
  const [out, latents] = sizesOf(layer, 2);
  const count = posterior.shape[1] ?? 0;
  const [units] = product(
    {
      name: 'fromPosterior',
      planes: 2,
      rows: out,
      columns: count,
      depth: latents,
      outputs: { units: [2 * out, count] },
      inputs: { weight: layer.weight, bias: layer.bias, posterior, epsilon },
      functions: activations,
      left: `return weight[(plane * ${out}u + row) * ${latents}u + k];`,
      right: `let at = (plane * ${2 * latents}u + k) * ${count}u + column;
  return posterior[at] + sqrt(softplus(posterior[at + ${latents * count}u])) * epsilon[column * ${latents}u + k];`,
      finish: `let own = plane * ${out}u + row;
  units[own * ${count}u + column] = relu(sum + bias[own]);`,
    },
    sharing,
  );
  return units;
}

/**
 * The gradient of −Σ x ln p + (1 − x) ln (1 − p) with respect to what the last layers gave before the sigmoid, and with
 * respect to the images x.
 */
function pixelGradient(
  layer: Layer,
  units: tf.Tensor,
  images: tf.Tensor,
  { reconstruction, floor }: VaeTerms,
  sharing: Sharing | undefined,
): { readonly d: tf.Tensor; readonly direct: tf.Tensor } {
  const [out, width] = sizesOf(layer, 2);
  const count = units.shape[1] ?? 0;
  const [low, high] = [Math.fround(floor), Math.fround(1 - floor)];
  const [d, direct] = product(
    {
      name: 'comparedPixels',
      planes: 2,
      rows: out,
      columns: count,
      depth: width,
      outputs: { d: [2 * out, count], direct: [2 * out, count] },
      inputs: { weight: layer.weight, bias: layer.bias, units, images },
      functions: activations,
      left: `return weight[(plane * ${out}u + row) * ${width}u + k];`,
      right: `return units[(plane * ${width}u + k) * ${count}u + column];`,
      // Where a probability is held at its floor, no gradient flows.
      finish: `let own = plane * ${out}u + row;
  let at = own * ${count}u + column;
  ${sign}
  let p = sigmoid(sum + bias[own]);
  let held = clamp(p, ${low}, ${high});
  let slope = p - images[row * ${count}u + column];
  d[at] = part * ${reconstruction} * select(slope, 0.0, p < ${low} || p > ${high});
  direct[at] = part * ${reconstruction} * (log(1.0 - held) - log(held));`,
    },
    sharing,
  );
  return { d, direct };
}

/** WGSL that adds the gradient of the KL divergence, ½ Σ (variance + mean² − 1 − ln variance), to that of a posterior. */
function klCode(kl: number): string {
  return kl === 0
    ? ''
    : `dMean += part * ${kl} * mean;
  dVariance += part * ${kl} * 0.5 * (1.0 - 1.0 / variance);`;
}

/** Back through the decoders' first layer and the sampling. */
function posteriorGradient(
  layer: Layer,
  dOutput: tf.Tensor,
  posterior: tf.Tensor,
  { epsilon, kl }: VaeTerms,
  sharing: Sharing | undefined,
): tf.Tensor {
  const [out, latents] = sizesOf(layer, 2);
  const count = posterior.shape[1] ?? 0;
  const [d] = product(
    {
      name: 'comparedPosteriors',
      planes: 2,
      rows: latents,
      columns: count,
      depth: out,
      outputs: { d: posterior.shape },
      inputs: { weight: layer.weight, dOutput, posterior, epsilon },
      functions: activations,
      left: `return weight[(plane * ${out}u + k) * ${latents}u + row];`,
      right: `return dOutput[(plane * ${out}u + k) * ${count}u + column];`,
      finish: `let at = (plane * ${2 * latents}u + row) * ${count}u + column;
  let below = at + ${latents * count}u;
  ${sign}
  let mean = posterior[at];
  let variance = softplus(posterior[below]);
  var dMean = sum;
  var dVariance = 0.5 * sum * epsilon[column * ${latents}u + row] / sqrt(variance);
  ${klCode(kl)}
  d[at] = dMean;
  d[below] = dVariance * sigmoid(posterior[below]);`,
    },
    sharing,
  );
  return d;
}

/** The gradient of the KL divergences alone. */
function klGradient(posterior: tf.Tensor, { kl }: VaeTerms): tf.Tensor {
  const half = posterior.size / 4;
  const code = `${activations}
fn run(group : u32, lane : u32) {
  ${flatIndex(2 * half)}
  let plane = index / ${half}u;
  let at = index + plane * ${half}u;
  let below = at + ${half}u;
  ${sign}
  let mean = posterior[at];
  let variance = softplus(posterior[below]);
  var dMean = 0.0;
  var dVariance = 0.0;
  ${klCode(kl)}
  d[at] = dMean;
  d[below] = dVariance * sigmoid(posterior[below]);
}`;
  const [d] = dispatch({
    key: `klGradient_${posterior.size}\n${code}`,
    outputs: { d: { shape: posterior.shape } },
    inputs: { posterior: { tensor: posterior } },
    ...flat(2 * half),
    code: () => code,
  });
  return d;
}
