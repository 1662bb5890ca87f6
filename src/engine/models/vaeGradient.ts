import * as tf from '@tensorflow/tfjs';
import type { Parameters } from './parameters.ts';
import { probabilityFloor, type Vae } from './vae.ts';
import type { WeightedImages } from './weightedImages.ts';

/** What dropout multiplies the hidden units by, layer by layer, [hidden, n] each. */
export interface VaeMasks {
  readonly encoder: readonly tf.Tensor2D[];
  readonly decoder: readonly tf.Tensor2D[];
}

/**
 * Gradient of the weighted sum over images of reconstruction loss + β KL, with the KL divergence in closed form,
 * written out: activations stand in columns, one per image. The closed form has the expectation of the one-sample
 * estimate and less variance. The loss itself is not computed, because training never looks at it.
 *
 * @param epsilon ε of z = mean + √variance · ε, [latents, n]
 * @param beta weight of the KL divergence
 * @param masks null without dropout
 */
export function vaeGradient(
  vae: Vae,
  parameters: Parameters,
  images: WeightedImages,
  epsilon: tf.Tensor2D,
  beta: number,
  masks: VaeMasks | null = null,
): Parameters {
  const gradient: Record<string, tf.Tensor> = {};
  const forward = (name: string, columns: tf.Tensor2D): tf.Tensor2D =>
    tf.add(tf.matMul(weightOf(parameters, name), columns), tf.expandDims(parameters[`${name}.bias`], 1));
  /** Enters the gradient of a layer's parameters, given that of its output and its input, one row per image. */
  const enter = (name: string, dOutput: tf.Tensor2D, inputRows: tf.Tensor2D) => {
    gradient[`${name}.weight`] = tf.matMul(dOutput, inputRows);
    gradient[`${name}.bias`] = tf.sum(dOutput, 1);
  };
  const backward = (name: string, dOutput: tf.Tensor2D): tf.Tensor2D => tf.matMul(tf.transpose(weightOf(parameters, name)), dOutput);

  /** Through a hidden layer: ReLU, then dropout. */
  const hidden = (name: string, columns: tf.Tensor2D, mask: tf.Tensor2D | undefined): tf.Tensor2D => dropped(tf.relu(forward(name, columns)), mask);
  /** Back through dropout and ReLU; a dropped unit is 0 as one is where ReLU is shut. */
  const shut = (d: tf.Tensor2D, units: tf.Tensor2D, mask: tf.Tensor2D | undefined): tf.Tensor2D => dropped(tf.mul(d, tf.step(units)), mask);

  // Encode.
  const encoded = [images.columns];
  for (const [layer, name] of vae.encoderNames.entries()) encoded.push(hidden(name, encoded[layer], masks?.encoder[layer]));
  const features = encoded[encoded.length - 1];
  const mean = forward('mean', features);
  const variancePre = forward('variance.0', features);
  const variance = tf.softplus(variancePre);
  const deviation = tf.sqrt(variance);

  // Sample and decode.
  const decoded: tf.Tensor2D[] = [tf.add(mean, tf.mul(deviation, epsilon))];
  const outputName = vae.decoderNames[vae.depth];
  for (const [layer, name] of vae.decoderNames.slice(0, -1).entries()) decoded.push(hidden(name, decoded[layer], masks?.decoder[layer]));
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
  const dVariance = tf.mul(0.5, tf.add(tf.div(tf.mul(d, epsilon), deviation), tf.mul(tf.sub(1, tf.reciprocal(variance)), klWeights)));
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

function dropped(units: tf.Tensor2D, mask: tf.Tensor2D | undefined): tf.Tensor2D {
  return mask === undefined ? units : tf.mul(units, mask);
}

function weightOf(parameters: Parameters, name: string): tf.Tensor2D {
  return parameters[`${name}.weight`] as tf.Tensor2D;
}
