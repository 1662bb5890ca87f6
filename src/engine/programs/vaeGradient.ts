import type * as tf from '@tensorflow/tfjs';
import { activations, columnLayers, type Layer, stacked, product } from './columnLayers.ts';
import { dispatch, flat, flatIndex, type Sharing } from './dispatch.ts';
import { type Mask, normalCode, type Normals } from './draws.ts';

/** The layers of a variational autoencoder, or their gradients. */
export interface VaeLayers {
  /** Hidden layers from the image on. */
  readonly encoder: readonly Layer[];
  readonly mean: Layer;
  /** Before softplus. */
  readonly variance: Layer;
  /** Hidden layers from the latent on, and the layer of pixels. */
  readonly decoder: readonly Layer[];
}

/** What the gradient is taken of and at. */
interface VaeLoss {
  /** [n, numbers in an image] */
  readonly rows: tf.Tensor;
  /** [numbers in an image, n] */
  readonly columns: tf.Tensor;
  /** Of the images, n of them. */
  readonly weights: tf.Tensor;
  /** ε of z = mean + √variance · ε, [latents, n]. */
  readonly epsilon: Normals;
  /** Weight of the KL divergence, one number. */
  readonly beta: tf.Tensor;
  /** What dropout multiplies the hidden units by, [hidden, n] each; empty without dropout. */
  readonly masks: { readonly encoder: readonly Mask[]; readonly decoder: readonly Mask[] };
  /** Probabilities are kept this far from 0 and 1. */
  readonly floor: number;
}

/** What comes out of the encoder: means, and below them variances before softplus, [2 · latents, n]. */
type Posterior = tf.Tensor;

/**
 * The gradient that models/vae.ts writes out (`vaeGradient`), by a dispatch for each layer and direction and one that
 * samples: 12 with one hidden layer, 18 with two.
 */
export function vaeGradientByProducts(vae: VaeLayers, loss: VaeLoss, sharing?: Sharing): VaeLayers {
  const layers = columnLayers(sharing);
  const { masks } = loss;
  const [latents, depth] = [vae.mean.weight.shape[0], vae.encoder.length];

  const encoded = [loss.columns];
  for (const [layer, parameters] of vae.encoder.entries())
    encoded.push(layers.hidden(parameters, encoded[layer], masks.encoder[layer]));
  const posterior: Posterior = layers.affine([vae.mean, vae.variance], encoded[depth]);
  const { z, epsilon } = sample(posterior, loss.epsilon);
  const decoded = [z];
  for (const [layer, parameters] of vae.decoder.slice(0, -1).entries())
    decoded.push(layers.hidden(parameters, decoded[layer], masks.decoder[layer]));

  let d = pixelGradient(vae.decoder[depth], decoded[depth], loss, sharing);
  const decoderGradients: Layer[] = [];
  for (let layer = depth; layer >= 0; layer--) {
    const parameters = vae.decoder[layer];
    decoderGradients.unshift(...layers.gradient([parameters.weight.shape[0]], d, { columns: decoded[layer] }));
    if (layer > 0) d = layers.backThroughHidden([parameters], d, decoded[layer], masks.decoder[layer - 1]);
  }
  d = posteriorGradient(vae.decoder[0], d, posterior, { ...loss, epsilon }, sharing);
  const [mean, variance] = layers.gradient([latents, latents], d, { columns: encoded[depth] });

  const encoderGradients: Layer[] = [];
  for (let layer = depth - 1; layer >= 0; layer--) {
    const behind = layer === depth - 1 ? ([vae.mean, vae.variance] as const) : ([vae.encoder[layer + 1]] as const);
    d = layers.backThroughHidden(behind, d, encoded[layer + 1], masks.encoder[layer]);
    const x = layer === 0 ? { rows: loss.rows } : { columns: encoded[layer] };
    encoderGradients.unshift(...layers.gradient([vae.encoder[layer].weight.shape[0]], d, x));
  }
  return { encoder: encoderGradients, mean, variance, decoder: decoderGradients };
}

/** z = mean + √variance · ε, and ε, [latents, n] each. */
function sample(posterior: Posterior, epsilon: Normals): { readonly z: tf.Tensor; readonly epsilon: tf.Tensor } {
  const { shape } = epsilon;
  const size = shape[0] * shape[1];
  const { inputs, functions } = normalCode(epsilon);
  const held = 'kind' in epsilon ? null : epsilon;
  const [z, drawn] = dispatch({
    key: `sampleLatents_${size}\n${functions}`,
    outputs: { z: { shape }, ...(held === null ? { drawn: { shape } } : {}) },
    inputs: {
      posterior: { tensor: posterior },
      ...Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, { tensor }])),
    },
    ...flat(size),
    code: () => `${activations}${functions}
fn run(group : u32, lane : u32) {
  ${flatIndex(size)}
  let epsilon = normal(index);
  z[index] = posterior[index] + sqrt(softplus(posterior[index + ${size}u])) * epsilon;
  ${held === null ? 'drawn[index] = epsilon;' : ''}
}`,
  });
  return { z, epsilon: held ?? drawn };
}

/** The gradient of the weighted reconstruction losses with respect to pixels before the sigmoid, [numbers in an image, n]. */
function pixelGradient(
  layer: Layer,
  units: tf.Tensor,
  { columns, weights, floor }: VaeLoss,
  sharing: Sharing | undefined,
): tf.Tensor {
  const { out, width, weightAt, weights: matrix, biases } = stacked([layer]);
  const count = weights.size;
  const [d] = product(
    {
      name: 'pixelGradient',
      rows: out,
      columns: count,
      depth: width,
      outputs: { d: [out, count] },
      inputs: { ...matrix, ...biases, units, pixels: columns, weights },
      functions: activations + weightAt,
      left: 'return weightAt(row, k);',
      right: `return units[k * ${count}u + column];`,
      // Where a probability is held at its floor, no gradient flows.
      finish: `let at = row * ${count}u + column;
  let p = sigmoid(sum + bias[row]);
  let flows = p >= ${Math.fround(floor)} && p <= ${Math.fround(1 - floor)};
  d[at] = select(0.0, (p - pixels[at]) * weights[column], flows);`,
    },
    sharing,
  );
  return d;
}

/**
 * Back through the decoder's first layer, through z = mean + √variance · ε and KL = ½ Σ (variance + mean² − 1 −
 * ln variance): the gradient of means, and below them of variances before softplus, [2 · latents, n].
 */
function posteriorGradient(
  layer: Layer,
  dOutput: tf.Tensor,
  posterior: Posterior,
  { weights, epsilon, beta }: Omit<VaeLoss, 'epsilon'> & { readonly epsilon: tf.Tensor },
  sharing: Sharing | undefined,
): tf.Tensor {
  const { out, width, weightAt, weights: matrix } = stacked([layer]);
  const count = weights.size;
  const [d] = product(
    {
      name: 'posteriorGradient',
      rows: width,
      columns: count,
      depth: out,
      outputs: { d: [2 * width, count] },
      inputs: { ...matrix, dOutput, posterior, weights, epsilon, beta },
      functions: activations + weightAt,
      left: 'return weightAt(k, row);',
      right: `return dOutput[k * ${count}u + column];`,
      finish: `let at = row * ${count}u + column;
  let below = at + ${width * count}u;
  let klWeight = weights[column] * beta[0];
  let variance = softplus(posterior[below]);
  let dVariance = 0.5 * (sum * epsilon[at] / sqrt(variance) + (1.0 - 1.0 / variance) * klWeight);
  d[at] = sum + posterior[at] * klWeight;
  d[below] = dVariance * sigmoid(posterior[below]);`,
    },
    sharing,
  );
  return d;
}
