import * as tf from '@tensorflow/tfjs';
import { type Random, symmetricUniform } from '../../core/random.ts';
import type { Classifier, Output, Variables } from './classifier.ts';
import { conv2d, linear, linearLimit, initialLayers } from './layers.ts';
import { batchNormaliser, type Normalise, runningNormaliser } from './normalisation.ts';
import { type Parameters, tidy } from './parameters.ts';
import type { Settings } from '../../core/config.ts';
import { type Dataset, imageSize } from '../../core/dataset.ts';

/** A basic block of a ResNet (He et al. 2016, section 4.1), with its place in the network. */
interface BasicBlock {
  /** Its parameters' names start with this. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Of the first convolution. */
  readonly stride: number;
}

/** Whether the block changes the shape, so that its shortcut needs a 1×1 convolution. */
function changesShape({ inputs, outputs, stride }: BasicBlock): boolean {
  return stride !== 1 || inputs !== outputs;
}

/**
 * Two 3×3 convolutions beside a shortcut: relu(F(x) + x).
 *
 * @param stage runs each part; frees what it made where no gradient is taken
 * @param x [n, height, width, inputs]
 * @returns [n, ⌈height/stride⌉, ⌈width/stride⌉, outputs]
 */
function basicBlock(
  block: BasicBlock,
  parameters: Parameters,
  normalise: Normalise,
  stage: typeof tidy,
  x: tf.Tensor4D,
): tf.Tensor4D {
  const convolve = (input: tf.Tensor4D, name: string, stride: number, padding: number) =>
    conv2d(input, parameters[`${block.name}.${name}.weight`] as tf.Tensor4D, stride, padding);

  const hidden = stage(() => normalise(convolve(x, 'conv1', block.stride, 1), `${block.name}.bn1`, { relu: true }));
  const shortcut = changesShape(block)
    ? stage(() => normalise(convolve(x, 'short.0', block.stride, 0), `${block.name}.short.1`))
    : x;
  return normalise(convolve(hidden, 'conv2', 1, 1), `${block.name}.bn2`, { plus: shortcut, relu: true });
}

/** Side of the windows that are averaged. */
const windowSide = 4;

/** The number of features of an image with these rows, columns and channels. */
export function pooledFeatureCount(rows: number, columns: number, channels: number): number {
  return Math.floor(rows / windowSide) * Math.floor(columns / windowSide) * channels;
}

/**
 * Averages over adjacent windows of 4 × 4 and puts the averages of each image in a row, channel by channel, as PyTorch
 * flattens. Rows and columns that do not fill a window are left out.
 *
 * @param x [n, rows, columns, channels]
 * @returns [n, features]
 */
export function pooledFeatures(x: tf.Tensor4D): tf.Tensor2D {
  const [n, rows, columns, channels] = x.shape;
  const pooled = tf.avgPool(x, windowSide, windowSide, 'valid');
  return tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [n, pooledFeatureCount(rows, columns, channels)]);
}

/** The size of a ResNet-18. */
interface ResNet18Options {
  /** Height, width, channels. */
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  /** Channels of the first stage. The paper has 20. */
  readonly filters: number;
}

/**
 * ResNet-18 for small images (He et al. 2016; paper, section 4.1): a 3×3 stem without max-pool, 4 stages of
 * 2 basic blocks, average-pool, linear with bias. Images come in [−1, 1], row-major [height, width, channel].
 * Parameters bear PyTorch's names and layouts, except for convolutions: [kernel height, kernel width, in, out].
 *
 * @throws RangeError if the images are too small for the pool at the end
 */
export function resnet18({ imageShape, classes, filters }: ResNet18Options): Classifier {
  const [height, width, channels] = imageShape;
  const blocks = blocksOf(filters);
  const featureCount = pooledFeatureCount(lastSide(height), lastSide(width), blocks[blocks.length - 1].outputs);
  if (featureCount === 0) {
    throw new RangeError(`ResNet-18 needs images of at least 25 × 25 pixels; these are ${height} × ${width}.`);
  }

  const apply = (
    parameters: Parameters,
    images: tf.Tensor2D,
    normalise: Normalise,
    stage: typeof tidy = (run) => run(),
  ): Output => {
    const pictures: tf.Tensor4D = tf.reshape(images, [images.shape[0], height, width, channels]);
    let x = stage(() =>
      normalise(conv2d(pictures, parameters['conv1.weight'] as tf.Tensor4D, 1, 1), 'bn1', { relu: true }),
    );
    for (const block of blocks) x = stage(() => basicBlock(block, parameters, normalise, stage, x));
    const features = pooledFeatures(x);
    const logits = linear(
      features,
      parameters['linear.weight'] as tf.Tensor2D,
      parameters['linear.bias'] as tf.Tensor1D,
    );
    return { logits, features };
  };

  return {
    init: (random) => initialVariables(channels, blocks, featureCount, classes, random),
    forward(parameters, images) {
      const { normalise, batchStatistics } = batchNormaliser(parameters);
      return { ...apply(parameters, images, normalise), batchStatistics };
    },
    // No gradient is taken here, so that a block's activations can be freed after it.
    logits: (parameters, images) => apply(parameters, images, batchNormaliser(parameters).normalise, tidy).logits,
    classify: (variables, images) => apply(variables.parameters, images, runningNormaliser(variables), tidy),
    differentiable: (variables, images) => apply(variables.parameters, images, runningNormaliser(variables, 'all')),
  };
}

/** Four stages of two blocks. Each stage but the first halves the side and doubles the channels. */
function blocksOf(filters: number): BasicBlock[] {
  return [1, 2, 4, 8].flatMap((multiple, stage) => {
    const outputs = multiple * filters;
    const stride = stage === 0 ? 1 : 2;
    return [
      { name: `blocks.${2 * stage}`, inputs: outputs / stride, outputs, stride },
      { name: `blocks.${2 * stage + 1}`, inputs: outputs, outputs, stride: 1 },
    ];
  });
}

/** Pixels along a side in the last stage: three strides of 2 halve it, rounding up. */
function lastSide(pixels: number): number {
  return Math.ceil(pixels / 8);
}

/** As PyTorch starts them: weights uniform in ±1/√fan_in, batch normalisation as the identity. */
function initialVariables(
  channels: number,
  blocks: readonly BasicBlock[],
  featureCount: number,
  classes: number,
  random: Random,
): Variables {
  const parameters: Record<string, tf.Tensor> = {};
  const statistics: Record<string, tf.Tensor> = {};
  const addConvolution = (name: string, kernel: number, inputs: number, outputs: number) => {
    const fanIn = kernel * kernel * inputs;
    const weight = symmetricUniform(fanIn * outputs, linearLimit(fanIn), random);
    parameters[`${name}.weight`] = tf.tensor4d(weight, [kernel, kernel, inputs, outputs]);
  };
  const addNormalisation = (name: string, size: number) => {
    parameters[`${name}.weight`] = tf.ones([size]);
    parameters[`${name}.bias`] = tf.zeros([size]);
    statistics[`${name}.running_mean`] = tf.zeros([size]);
    statistics[`${name}.running_var`] = tf.ones([size]);
  };

  addConvolution('conv1', 3, channels, blocks[0].inputs);
  addNormalisation('bn1', blocks[0].inputs);
  for (const block of blocks) {
    const { name, inputs, outputs } = block;
    addConvolution(`${name}.conv1`, 3, inputs, outputs);
    addNormalisation(`${name}.bn1`, outputs);
    addConvolution(`${name}.conv2`, 3, outputs, outputs);
    addNormalisation(`${name}.bn2`, outputs);
    if (!changesShape(block)) continue;
    addConvolution(`${name}.short.0`, 1, inputs, outputs);
    addNormalisation(`${name}.short.1`, outputs);
  }
  const limit = linearLimit(featureCount);
  parameters['linear.weight'] = tf.tensor2d(symmetricUniform(classes * featureCount, limit, random), [
    classes,
    featureCount,
  ]);
  parameters['linear.bias'] = tf.tensor1d(symmetricUniform(classes, limit, random));
  return { parameters, statistics };
}

/**
 * A multi-layer perceptron with ReLU between its layers (paper, section 4.1: 784-400-400-10).
 * Parameters are named as in a PyTorch `Sequential`: `0.weight`, `0.bias`, `2.weight`, …
 *
 * @param sizes widths from the input to the logits
 */
export function mlp(sizes: readonly number[]): Classifier {
  const layers = sizes.slice(1).map((out, index) => ({ in: sizes[index], out, name: String(2 * index) }));
  const apply = (parameters: Parameters, images: tf.Tensor2D): Output => {
    let features = images;
    let logits = images;
    layers.forEach((layer, index) => {
      features = index === 0 ? images : tf.relu(logits);
      const weight = parameters[`${layer.name}.weight`] as tf.Tensor2D;
      logits = linear(features, weight, parameters[`${layer.name}.bias`] as tf.Tensor1D);
    });
    return { logits, features };
  };
  return {
    layers: sizes,
    init: (random) => ({ parameters: initialLayers(layers, random), statistics: {} }),
    forward: (parameters, images) => ({ ...apply(parameters, images), batchStatistics: {} }),
    logits: (parameters, images) => apply(parameters, images).logits,
    classify: ({ parameters }, images) => apply(parameters, images),
    differentiable: ({ parameters }, images) => apply(parameters, images),
  };
}

/** The network that the paper trains in a scenario (section 4.1), in the size that the settings ask for. */
export function classifierFor(
  { scenario, hidden, filters }: Pick<Settings, 'scenario' | 'hidden' | 'filters'>,
  dataset: Pick<Dataset, 'imageShape' | 'classNames'>,
): Classifier {
  const classes = dataset.classNames.length;
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return mlp([imageSize(dataset), hidden, hidden, classes]);
    case 'split-cifar10':
    case 'split-miniimagenet':
      return resnet18({ imageShape: dataset.imageShape, classes, filters });
    default:
      return scenario satisfies never;
  }
}

/** Numbers that the network's widest layer gives for one image: what a forward pass holds grows with it. */
export function widestLayer(
  { scenario, hidden, filters }: Pick<Settings, 'scenario' | 'hidden' | 'filters'>,
  dataset: Pick<Dataset, 'imageShape'>,
): number {
  const [height, width] = dataset.imageShape;
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return Math.max(imageSize(dataset), hidden);
    case 'split-cifar10':
    case 'split-miniimagenet':
      return height * width * filters;
    default:
      return scenario satisfies never;
  }
}
