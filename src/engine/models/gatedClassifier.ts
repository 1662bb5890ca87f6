import * as tf from '@tensorflow/tfjs';
import type { Random } from '../../core/random.ts';
import { columnLayers, type Layer } from '../programs/columnLayers.ts';
import { runsOnWebgpu } from '../programs/dispatch.ts';
import { hostDrawn, type Mask } from '../programs/draws.ts';
import {
  gatedErrors,
  gatedFirstGradient,
  gatedOutputGradient,
  imageProducts,
  moveFirst,
  stepLayer,
} from '../programs/gatedGradient.ts';
import { initialLayers, type Layers } from './layers.ts';
import type { WeightedImages } from './losses.ts';
import { type Parameters, sgdStep, tidy } from './parameters.ts';

/** Widths of a gated classifier. */
interface GatedShape {
  /** Numbers in an image. */
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

/**
 * The classifier of generative replay: two gated layers (Dauphin et al. 2017), ReLU(W x + b) · σ(V x + c) and
 * (W x + b) · σ(V x + c), with dropout between them. The two halves of a layer are one: rows of `0.weight` and
 * `0.bias` are first those of W and b, then as many of V and c; likewise `1.weight` and `1.bias`.
 */
export interface GatedClassifier extends GatedShape {
  /** Fresh parameters, drawn from a generator. */
  init(random: Random): Parameters;
  /** Evaluation mode, without dropout: [n, inputs] → [n, classes]. */
  logits(layers: Layers, images: tf.Tensor2D): tf.Tensor2D;
}

export function gatedClassifier(shape: GatedShape): GatedClassifier {
  const { inputs, hidden, classes } = shape;
  const sizes = [
    { name: '0', in: inputs, out: 2 * hidden },
    { name: '1', in: hidden, out: 2 * classes },
  ];
  return {
    ...shape,
    init: (random) => initialLayers(sizes, random),
    logits(layers, images) {
      const [value, gate] = tf.split(layers('0', images), 2, 1);
      const [outputValue, outputGate] = tf.split(layers('1', tf.mul(tf.relu(value), tf.sigmoid(gate))), 2, 1);
      return tf.mul(outputValue, tf.sigmoid(outputGate));
    },
  };
}

/** The result of one backward pass of the gated classifier. */
interface GatedGradient {
  /** Cross-entropy of each image against its target, in nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** Gradient of the weighted sum of the losses. */
  readonly gradient: Parameters;
}

/**
 * Loss and gradient of the gated classifier, written out. Activations are in columns, one per image, so that no product
 * needs a transposed or repacked weight matrix (ARCHITECTURE.md, "Products on wasm").
 *
 * @param targets class probabilities, [classes, n]
 * @param mask what dropout multiplies the hidden units by, [hidden, n]; null in evaluation mode
 */
export function gatedGradient(
  parameters: Parameters,
  images: WeightedImages,
  targets: tf.Tensor2D,
  mask: Mask | null,
): GatedGradient {
  if (runsOnWebgpu()) return gatedGradientByProducts(parameters, images, targets, mask);
  const { losses, dFirst, outputGradient } = backFromOutput(
    firstLayer(parameters, images),
    parameters,
    images.weights,
    targets,
    mask,
  );
  return {
    losses,
    gradient: { '0.weight': tf.matMul(dFirst, images.rows), '0.bias': tf.sum(dFirst, 1), ...outputGradient },
  };
}

/** W x + b and V x + c of the first layer, [2 · hidden, n]. */
function firstLayer(parameters: Parameters, { columns }: WeightedImages): tf.Tensor2D {
  return affine(parameters['0.weight'] as tf.Tensor2D, columns, parameters['0.bias']);
}

/** The part of a backward pass that does not touch the first layer's parameters. */
interface OutputGradient {
  /** Cross-entropy of each image against its target, in nats, [n]. */
  readonly losses: tf.Tensor1D;
  /** Gradient of what {@link firstLayer} gives, [2 · hidden, n]. */
  readonly dFirst: tf.Tensor2D;
  /** Gradient of `1.weight` and `1.bias`. */
  readonly outputGradient: Parameters;
}

/** Forward from what the first layer gives, and back to it; see {@link gatedGradient}. */
function backFromOutput(
  first: tf.Tensor2D,
  parameters: Parameters,
  weights: tf.Tensor2D,
  targets: tf.Tensor2D,
  mask: Mask | null,
): OutputGradient {
  const outputWeight = parameters['1.weight'] as tf.Tensor2D;
  const [value, gate] = tf.split(first, 2, 0);
  const open = tf.sigmoid(gate);
  const hidden: tf.Tensor2D = tf.mul(tf.relu(value), open);
  const kept: tf.Tensor2D = mask === null ? hidden : tf.mul(hidden, hostDrawn(mask));
  const [outputValue, outputGate] = tf.split(affine(outputWeight, kept, parameters['1.bias']), 2, 0);
  const outputOpen = tf.sigmoid(outputGate);
  const logits = tf.mul(outputValue, outputOpen);

  const shifted = tf.sub(logits, tf.max(logits, 0, true));
  const logProbabilities = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 0, true)));
  const losses = tf.neg(tf.sum<tf.Tensor1D>(tf.mul(targets, logProbabilities), 0));

  // The gradient of the logits: targets sum to 1.
  const dLogits = tf.mul(tf.sub(tf.exp(logProbabilities), targets), weights);
  const dOutput: tf.Tensor2D = tf.concat(
    [tf.mul(dLogits, outputOpen), tf.mul(tf.mul(dLogits, logits), tf.sub(1, outputOpen))],
    0,
  );
  const dKept: tf.Tensor2D = tf.matMul(tf.transpose(outputWeight), dOutput);
  const dHidden: tf.Tensor2D = mask === null ? dKept : tf.mul(dKept, hostDrawn(mask));
  // dσ/dg = σ (1 − σ), and relu(value) · σ is `hidden`; where ReLU is shut, `hidden` is 0.
  const dFirst: tf.Tensor2D = tf.concat(
    [tf.mul(tf.mul(dHidden, open), tf.step(value)), tf.mul(tf.mul(dHidden, hidden), tf.sub(1, open))],
    0,
  );
  return {
    losses,
    dFirst,
    outputGradient: { '1.weight': tf.matMul(dOutput, tf.transpose(kept)), '1.bias': tf.sum(dOutput, 1) },
  };
}

function affine(weight: tf.Tensor2D, columns: tf.Tensor2D, bias: tf.Tensor): tf.Tensor2D {
  return tf.add(tf.matMul(weight, columns), tf.expandDims(bias, 1));
}

interface GatedTraining {
  readonly iterations: number;
  readonly learningRate: number;
  /** What dropout multiplies the hidden units by, iteration by iteration, [hidden, n] each; null without dropout. */
  readonly masks: readonly Mask[] | null;
}

/** Between two iterations. */
interface Iterated {
  /** What the first layer gives, [2 · hidden, n]. */
  readonly first: tf.Tensor2D;
  /** Sum over iterations of its gradient, [2 · hidden, n]. */
  readonly gradients: tf.Tensor2D;
  /** `1.weight` and `1.bias`. */
  readonly output: Parameters;
}

/**
 * Updates a gated classifier several times on the same images. Returns new parameters; the given ones stay.
 *
 * The result is that of plain gradient descent, but the first layer's weights are formed only at the end. A step moves
 * W by −α D Xᵀ and b by −α D 1, so it moves W X + b by −α D (XᵀX + 1). With the n × n matrix XᵀX at hand, no iteration
 * has to touch the pixels.
 *
 * @param targets class probabilities, [classes, n]
 * @returns also the loss of each image before the first update, under that update's dropout, in nats, [n]
 */
export function trainGatedClassifier(
  start: Parameters,
  images: WeightedImages,
  targets: tf.Tensor2D,
  { iterations, learningRate, masks }: GatedTraining,
): { parameters: Parameters; losses: tf.Tensor1D } {
  if (runsOnWebgpu()) return tidy(() => trainByProducts(start, images, targets, { iterations, learningRate, masks }));
  const { '0.weight': weight, '0.bias': bias, ...output } = start;
  const [units, count] = [weight.shape[0], images.rows.shape[0]];
  return tidy(() => {
    const products = tf.add(tf.matMul(images.rows, images.columns), 1);
    const iterate = (
      { first, gradients, output: now }: Iterated,
      iteration: number,
    ): Iterated & { losses: tf.Tensor1D } =>
      tidy(() => {
        const mask = masks?.[iteration] ?? null;
        const { losses, dFirst, outputGradient } = backFromOutput(first, now, images.weights, targets, mask);
        return {
          losses,
          first: tf.sub(first, tf.mul(tf.matMul(dFirst, products as tf.Tensor2D), learningRate)),
          gradients: tf.add(gradients, dFirst),
          output: sgdStep(now, outputGradient, learningRate),
        };
      });

    let state = iterate({ first: firstLayer(start, images), gradients: tf.zeros([units, count]), output }, 0);
    const { losses } = state;
    for (let iteration = 1; iteration < iterations; iteration++) {
      const next = iterate(state, iteration);
      tf.dispose([state.first, state.gradients, next.losses, ...Object.values(state.output)]);
      state = next;
    }
    const gradient = { '0.weight': tf.matMul(state.gradients, images.rows), '0.bias': tf.sum(state.gradients, 1) };
    const first = sgdStep({ '0.weight': weight, '0.bias': bias }, gradient, learningRate);
    return { parameters: { ...first, ...state.output }, losses };
  });
}

function layerOf(parameters: Parameters, name: string): Layer {
  return { weight: parameters[`${name}.weight`], bias: parameters[`${name}.bias`] };
}

function parametersOf(first: Layer, output: Layer): Parameters {
  return { '0.weight': first.weight, '0.bias': first.bias, '1.weight': output.weight, '1.bias': output.bias };
}

/** {@link gatedGradient} on the webgpu backend, by 6 dispatches. */
function gatedGradientByProducts(
  parameters: Parameters,
  images: WeightedImages,
  targets: tf.Tensor2D,
  mask: Mask | null,
): GatedGradient {
  const layers = columnLayers();
  const firstLayer = layerOf(parameters, '0');
  const pass = { first: layers.affine([firstLayer], images.columns), output: layerOf(parameters, '1'), mask };
  const { losses, dOutput } = gatedErrors(pass, { weights: images.weights, targets });
  const { dFirst } = gatedFirstGradient(pass, dOutput, null);
  const [first] = layers.gradient([firstLayer.weight.shape[0]], dFirst, { rows: images.rows });
  return { losses, gradient: parametersOf(first, gatedOutputGradient(pass, dOutput, null)) };
}

/** {@link trainGatedClassifier} on the webgpu backend, by 5 dispatches in an iteration. */
function trainByProducts(
  start: Parameters,
  images: WeightedImages,
  targets: tf.Tensor2D,
  { iterations, learningRate, masks }: GatedTraining,
): { parameters: Parameters; losses: tf.Tensor1D } {
  const products = imageProducts(images.rows);
  let first: tf.Tensor = columnLayers().affine([layerOf(start, '0')], images.columns);
  let output = layerOf(start, '1');
  let gradients: tf.Tensor | null = null;
  let firstLosses: tf.Tensor1D | null = null;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const pass = { first, output, mask: masks?.[iteration] ?? null };
    const { losses, dOutput } = gatedErrors(pass, { weights: images.weights, targets });
    firstLosses ??= losses;
    const { dFirst, sum } = gatedFirstGradient(pass, dOutput, gradients);
    gradients = sum;
    output = gatedOutputGradient(pass, dOutput, learningRate);
    if (iteration < iterations - 1) first = moveFirst(first, dFirst, products, learningRate);
  }
  if (gradients === null || firstLosses === null) throw new RangeError('A classifier is trained once at least.');
  const moved = stepLayer(layerOf(start, '0'), gradients, images.rows, learningRate);
  return { parameters: parametersOf(moved, output), losses: firstLosses };
}
