import * as tf from '@tensorflow/tfjs';
import type { Parameters } from './parameters.ts';
import type { WeightedImages } from './weightedImages.ts';

/** What one backward pass of the gated classifier gives. */
export interface GatedGradient {
  /** Cross-entropy of each image against its target, in nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** Gradient of the weighted sum of the losses. */
  readonly gradient: Parameters;
}

/**
 * Loss and gradient of the gated classifier, written out: activations stand in columns, one per image, so that no
 * product needs a weight matrix transposed or repacked.
 *
 * @param targets class probabilities, [classes, n]
 * @param mask what dropout multiplies the hidden units by, [hidden, n]; null in evaluation mode
 */
export function gatedGradient(parameters: Parameters, images: WeightedImages, targets: tf.Tensor2D, mask: tf.Tensor2D | null): GatedGradient {
  const { losses, dFirst, outputGradient } = backFromOutput(firstLayer(parameters, images), parameters, images.weights, targets, mask);
  return { losses, gradient: { '0.weight': tf.matMul(dFirst, images.rows), '0.bias': tf.sum(dFirst, 1), ...outputGradient } };
}

/** W x + b and V x + c of the first layer, [2 · hidden, n]. */
export function firstLayer(parameters: Parameters, { columns }: WeightedImages): tf.Tensor2D {
  return affine(parameters['0.weight'] as tf.Tensor2D, columns, parameters['0.bias']);
}

/** The part of a backward pass that does not touch the first layer's parameters. */
export interface OutputGradient {
  /** Cross-entropy of each image against its target, in nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** Gradient of what {@link firstLayer} gives, [2 · hidden, n]. */
  readonly dFirst: tf.Tensor2D;
  /** Gradient of `1.weight` and `1.bias`. */
  readonly outputGradient: Parameters;
}

/** Forward from what the first layer gives, and back to it; see {@link gatedGradient}. */
export function backFromOutput(
  first: tf.Tensor2D,
  parameters: Parameters,
  weights: tf.Tensor2D,
  targets: tf.Tensor2D,
  mask: tf.Tensor2D | null,
): OutputGradient {
  const outputWeight = parameters['1.weight'] as tf.Tensor2D;
  const [value, gate] = tf.split(first, 2, 0);
  const open = tf.sigmoid(gate);
  const hidden: tf.Tensor2D = tf.mul(tf.relu(value), open);
  const kept: tf.Tensor2D = mask === null ? hidden : tf.mul(hidden, mask);
  const [outputValue, outputGate] = tf.split(affine(outputWeight, kept, parameters['1.bias']), 2, 0);
  const outputOpen = tf.sigmoid(outputGate);
  const logits = tf.mul(outputValue, outputOpen);

  const shifted = tf.sub(logits, tf.max(logits, 0, true));
  const logProbabilities = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 0, true)));
  const losses = tf.neg(tf.sum<tf.Tensor1D>(tf.mul(targets, logProbabilities), 0));

  // The gradient of the logits: targets sum to 1.
  const dLogits = tf.mul(tf.sub(tf.exp(logProbabilities), targets), weights);
  const dOutput: tf.Tensor2D = tf.concat([tf.mul(dLogits, outputOpen), tf.mul(tf.mul(dLogits, logits), tf.sub(1, outputOpen))], 0);
  const dKept: tf.Tensor2D = tf.matMul(tf.transpose(outputWeight), dOutput);
  const dHidden: tf.Tensor2D = mask === null ? dKept : tf.mul(dKept, mask);
  // dσ/dg = σ (1 − σ), and relu(value) · σ is `hidden`; where ReLU is shut, `hidden` is 0.
  const dFirst: tf.Tensor2D = tf.concat([tf.mul(tf.mul(dHidden, open), tf.step(value)), tf.mul(tf.mul(dHidden, hidden), tf.sub(1, open))], 0);
  return { losses, dFirst, outputGradient: { '1.weight': tf.matMul(dOutput, tf.transpose(kept)), '1.bias': tf.sum(dOutput, 1) } };
}

function affine(weight: tf.Tensor2D, columns: tf.Tensor2D, bias: tf.Tensor): tf.Tensor2D {
  return tf.add(tf.matMul(weight, columns), tf.expandDims(bias, 1));
}
