import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../../core/config.ts';
import { randomStream } from '../../../core/random.ts';
import type { Batch } from '../../../core/stream.ts';
import type { LabelledTensors } from '../../data/imageSource.ts';
import { insertBestLosses, lowerBestLosses, noBestLosses } from '../../retrieval/mir.ts';
import { drawCandidates, Reservoir } from '../../retrieval/reservoir.ts';
import { type LearnerInput, storedAt } from '../../methods/learner.ts';

/** Zeros around each image, per side: a bare number is misread by the wasm backend. */
function around(pixels: number): [[0, 0], [number, number], [number, number], [0, 0]] {
  return [
    [0, 0],
    [pixels, pixels],
    [pixels, pixels],
    [0, 0],
  ];
}

/** Whether the stock gradient of a convolution exists; wasm has none of the filter. */
export function hasStockFilterGradient(): boolean {
  return Boolean(tf.getKernel('Conv2DBackpropFilter', tf.getBackend()));
}

/** The stock convolution; where its gradient lacks a part, with {@link filterGradient} in its place. */
export function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  if (hasStockFilterGradient()) return tf.conv2d(x, filter, stride, around(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: tf.conv2d(images, w, stride, around(padding)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const d = dy as tf.Tensor4D;
        // A transposed convolution is what the stock gradient of the images computes, too.
        return [
          tf.conv2dTranspose(d, savedFilter, savedImages.shape, stride, around(padding)),
          filterGradient(savedImages, savedFilter.shape, d, stride, padding),
        ];
      },
    };
  });
  return convolve(x, filter);
}

/** The stock transposed convolution; likewise. The filter is [kernel height, kernel width, out, in]. */
export function transposedConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const [n, height, width] = x.shape;
  const [kernel, , outputs] = filter.shape;
  const side = (pixels: number) => (pixels - 1) * stride - 2 * padding + kernel;
  const shape: [number, number, number, number] = [n, side(height), side(width), outputs];
  if (hasStockFilterGradient()) return tf.conv2dTranspose(x, filter, shape, stride, around(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: tf.conv2dTranspose(images, w, shape, stride, around(padding)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const d = dy as tf.Tensor4D;
        return [
          tf.conv2d(d, savedFilter, stride, around(padding)),
          filterGradient(d, savedFilter.shape, savedImages, stride, padding),
        ];
      },
    };
  });
  return convolve(x, filter);
}

/** The gradient of a filter in stock operations: for each of its taps, the pixels that it saw times what came of them. */
function filterGradient(
  x: tf.Tensor4D,
  shape: tf.Tensor4D['shape'],
  dy: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const [height, width, inputs, outputs] = shape;
  const [n, rows, columns] = dy.shape;
  const padded = tf.pad(x, around(padding));
  const flat: tf.Tensor2D = tf.reshape(dy, [n * rows * columns, outputs]);
  const taps: tf.Tensor2D[] = [];
  for (let top = 0; top < height; top++) {
    for (let left = 0; left < width; left++) {
      const end = [n, top + (rows - 1) * stride + 1, left + (columns - 1) * stride + 1, inputs];
      const seen = tf.stridedSlice(padded, [0, top, left, 0], end, [1, stride, stride, 1]);
      taps.push(tf.matMul(tf.reshape<tf.Rank.R2>(seen, [n * rows * columns, inputs]), flat, true));
    }
  }
  return tf.reshape(tf.stack(taps), shape);
}

/** Weights of a naive network, or a gradient of them, by name. */
export type Weights = Readonly<Record<string, tf.Tensor>>;
/** The same as one would keep them with stock TensorFlow.js: a variable each. */
export type WeightVariables = Readonly<Record<string, tf.Variable>>;

/**
 * Variables that start at an engine network's parameters, which are freed. Matrices are laid out as the stock
 * examples have them, [in, out].
 */
export function variablesOf(parameters: Weights): WeightVariables {
  const variables = Object.entries(parameters).map(([name, tensor]): [string, tf.Variable] => {
    const initial = tf.tidy(() => (tensor.rank === 2 ? tf.transpose(tensor) : tf.clone(tensor)));
    const variable = tf.variable(initial);
    tf.dispose([tensor, initial]);
    return [name, variable];
  });
  return Object.fromEntries(variables);
}

/** The gradient of a scalar with respect to the variables, under their names here. */
export function gradientOf(
  variables: WeightVariables,
  loss: () => tf.Scalar,
): { readonly value: tf.Scalar; readonly gradient: Weights } {
  const { value, grads } = tf.variableGrads(loss, Object.values(variables));
  return { value, gradient: mapWeights(variables, (_, name) => grads[variables[name].name]) };
}

/** θ − α g. */
export function descended(weights: Weights, gradient: Weights, rate: number): Weights {
  return mapWeights(weights, (weight, name) => tf.sub(weight, tf.mul(gradient[name], rate)));
}

export function assignAll(variables: WeightVariables, values: Weights): void {
  for (const [name, variable] of Object.entries(variables)) variable.assign(values[name]);
}

export function mapWeights(weights: Weights, f: (weight: tf.Tensor, name: string) => tf.Tensor): Weights {
  return Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, f(weight, name)]));
}

/** x W + b of the layer of that name. */
export function dense(weights: Weights, name: string, x: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.matMul(x, weights[`${name}.weight`] as tf.Tensor2D), weights[`${name}.bias`]);
}

/** Normalises what the layer before gave. */
export type NaiveNormalise = (x: tf.Tensor4D, name: string) => tf.Tensor4D;

const epsilon = 1e-5;
/** Share of the new in a running statistic. */
const momentum = 0.1;

/**
 * Batch normalisation by the batch's own moments, of stock operations.
 *
 * @param running running statistics to move on the way; null to leave them
 */
export function byBatch(weights: Weights, running: WeightVariables | null): NaiveNormalise {
  return (x, name) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    if (running !== null) {
      const count = x.size / x.shape[3];
      move(running[`${name}.running_mean`], mean);
      move(running[`${name}.running_var`], variance.mul(count / (count - 1)));
    }
    return normalised(x, weights, name, mean as tf.Tensor1D, variance as tf.Tensor1D);
  };
}

/** By running statistics. */
export function byRunning(weights: Weights, running: Weights): NaiveNormalise {
  return (x, name) =>
    normalised(
      x,
      weights,
      name,
      running[`${name}.running_mean`] as tf.Tensor1D,
      running[`${name}.running_var`] as tf.Tensor1D,
    );
}

function normalised(
  x: tf.Tensor4D,
  weights: Weights,
  name: string,
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
): tf.Tensor4D {
  return tf.batchNorm4d(
    x,
    mean,
    variance,
    weights[`${name}.bias`] as tf.Tensor1D,
    weights[`${name}.weight`] as tf.Tensor1D,
    epsilon,
  );
}

function move(running: tf.Variable, batch: tf.Tensor): void {
  running.assign(running.mul(1 - momentum).add(batch.mul(momentum)));
}

/** A classifier in training mode: logits, [n, classes], of images, [n, numbers in an image]. */
type NaiveNetwork = (weights: Weights, images: tf.Tensor2D, running: WeightVariables | null) => tf.Tensor2D;

/** Fully connected layers with ReLU between them, in the order of their weights. */
export const naivePerceptron: NaiveNetwork = (weights, images) => {
  const names = Object.keys(weights)
    .filter((name) => name.endsWith('.weight'))
    .map((name) => name.replace('.weight', ''));
  return names.reduce((x, name, index) => {
    const z = dense(weights, name, x);
    return index === names.length - 1 ? z : tf.relu(z);
  }, images);
};

/** ResNet-18 with the engine's names of its layers. */
export function naiveResnet([height, width, channels]: readonly [number, number, number]): NaiveNetwork {
  return (weights, images, running) => {
    const normalise = byBatch(weights, running);
    const convolve = (x: tf.Tensor4D, name: string, stride: number, padding: number) =>
      convolution(x, weights[`${name}.weight`] as tf.Tensor4D, stride, padding);
    let x: tf.Tensor4D = tf.reshape(images, [images.shape[0], height, width, channels]);
    x = tf.relu(normalise(convolve(x, 'conv1', 1, 1), 'bn1'));
    for (let block = 0; block < 8; block++) {
      const name = `blocks.${block}`;
      const halves = block > 0 && block % 2 === 0;
      const hidden = tf.relu(normalise(convolve(x, `${name}.conv1`, halves ? 2 : 1, 1), `${name}.bn1`));
      const residual = normalise(convolve(hidden, `${name}.conv2`, 1, 1), `${name}.bn2`);
      const shortcut = halves ? normalise(convolve(x, `${name}.short.0`, 2, 0), `${name}.short.1`) : x;
      x = tf.relu(tf.add(residual, shortcut));
    }
    const pooled = tf.avgPool(x, 4, 4, 'valid');
    // Channel by channel, as PyTorch flattens.
    const features: tf.Tensor2D = tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [
      images.shape[0],
      pooled.size / images.shape[0],
    ]);
    return dense(weights, 'linear', features);
  };
}

/** Cross-entropy of each image, [n]. */
export function naiveLosses(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, logits.shape[1]), logits, 1, 0, tf.Reduction.NONE);
}

/** The rival: the same step, written the obvious way with stock operations of TensorFlow.js. */
export interface NaiveLearner {
  /** Learns one batch; gives its losses before the first update, [batch], which belong to the caller. */
  observe(batch: Batch): tf.Tensor1D | Promise<tf.Tensor1D>;
  dispose(): void;
}

/**
 * Fine-tuning, ER and ER-MIR as anyone would write them first: one variable per weight and bias, `variableGrads` for
 * each of the two gradients, the stock loss, and two more forward passes to score the candidates. It draws the same
 * numbers as the engine's learner, so that both do the same work on the same images. One iteration a batch.
 *
 * @param retrieval what to retrieve by; null replays nothing
 */
export function naiveEr(
  { config, classifier, images, imageShape, classCount }: LearnerInput,
  retrieval: Retrieval | null,
): NaiveLearner {
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const best = tf.tidy(() => tf.variable(noBestLosses(memory.capacity)));
  const random = randomStream(config.seed, 'retrieval');
  const initial = classifier.init(randomStream(config.seed, 'init'));
  const [weights, running] = [variablesOf(initial.parameters), variablesOf(initial.statistics)];
  const network = classifier.layers === undefined ? naiveResnet(imageShape) : naivePerceptron;

  const lossesOf = (theta: Weights, { images: pictures, labels }: LabelledTensors, moved: WeightVariables | null) =>
    naiveLosses(network(theta, pictures, moved), labels);
  /** The gradient of the mean loss, and the losses themselves, which are the caller's to free. */
  function lossGradientOf(examples: LabelledTensors): { readonly losses: tf.Tensor1D; readonly gradient: Weights } {
    const losses: tf.Tensor1D[] = [];
    const { gradient } = gradientOf(weights, () => {
      losses.push(tf.keep(lossesOf(weights, examples, running)));
      return losses[0].mean();
    });
    return { losses: losses[0], gradient };
  }

  function retrieve(task: number, gradient: Weights): LabelledTensors | null {
    const drawn = retrieval === null ? null : drawCandidates(memory, task, config.candidates, random);
    if (drawn === null) return null;
    if (retrieval === 'random') return images.tensors(drawn.samples.slice(0, config.budget), drawn.tasks);
    const candidates = images.tensors(drawn.samples, drawn.tasks);
    const slots = tf.tensor1d(drawn.slots, 'int32');
    const before = lossesOf(weights, candidates, null);
    const after = lossesOf(descended(weights, gradient, config.learningRate), candidates, null);
    const reference = config.retrievalScore === 'mi1' ? before : tf.minimum(before, tf.gather(best, slots));
    best.assign(lowerBestLosses(best, slots, before));
    const { indices } = tf.topk(after.sub(reference), Math.min(config.budget, drawn.slots.length));
    return { images: tf.gather(candidates.images, indices), labels: tf.gather(candidates.labels, indices) };
  }

  /** Offers a batch to the memory; gives where its samples are stored. */
  function placesOf(batch: Batch): { readonly slots: tf.Tensor2D; readonly positions: tf.Tensor1D } {
    const { slots, positions } = storedAt(memory.add(batch), batch.samples.length, memory.capacity);
    return { slots: tf.tensor2d(slots.values, slots.shape), positions: tf.tensor1d(positions.values) };
  }

  return {
    observe(batch) {
      return tf.tidy(() => {
        const incoming = images.tensors(batch.samples, batch.tasks);
        const { losses: incomingLosses, gradient } = lossGradientOf(incoming);
        const retrieved = retrieve(batch.tasks[0], gradient);
        const replayed = retrieved === null ? null : lossGradientOf(retrieved);
        const sum =
          replayed === null ? gradient : mapWeights(gradient, (g, name) => tf.add(g, replayed.gradient[name]));
        assignAll(weights, descended(weights, sum, config.learningRate));
        replayed?.losses.dispose();
        best.assign(insertBestLosses(best, placesOf(batch), incomingLosses));
        return incomingLosses;
      });
    },
    dispose() {
      tf.dispose([Object.values(weights), Object.values(running)]);
      best.dispose();
    },
  };
}
