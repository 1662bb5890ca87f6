import * as tf from '@tensorflow/tfjs';
import * as byKernels from '../kernels/layers.ts';
import { ownHeap } from '../kernels/heap.ts';
import { type Random, symmetricUniform } from '../../core/random.ts';
import type { Parameters } from './parameters.ts';

/**
 * Whether the current backend is wasm. XNNPACK computes its convolutions and pools in SIMD; its other operations go
 * number by number, and it has no gradient of a convolution's filter (ARCHITECTURE.md, "Convolutions on wasm").
 */
export function runsOnXnnpack(): boolean {
  return tf.getBackend() === 'wasm';
}

/** Zeros around each image of [n, height, width, channels], as TensorFlow.js takes them. */
type Padding = [[0, 0], [number, number], [number, number], [0, 0]];

/**
 * The same number of zeros on every side, as in PyTorch. They are written out per side, because TensorFlow.js pads one
 * side only for 'same' with a stride of 2, and takes a filter's height for its width when given a bare number.
 */
function equalPadding(pixels: number): Padding {
  return [
    [0, 0],
    [pixels, pixels],
    [pixels, pixels],
    [0, 0],
  ];
}

type Shape = tf.Tensor4D['shape'];

/**
 * A convolution and its two gradients, of which TensorFlow.js has no fast form on wasm. Images are [n, height, width,
 * in], filters [kernel height, kernel width, in, out], dy is the gradient of the result, [n, rows, columns, out].
 */
interface Convolutions {
  readonly convolve: (x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number) => tf.Tensor4D;
  readonly imageGradient: (
    images: Shape,
    filter: tf.Tensor4D,
    dy: tf.Tensor4D,
    stride: number,
    padding: number,
  ) => tf.Tensor4D;
  readonly filterGradient: (
    x: tf.Tensor4D,
    filter: Shape,
    dy: tf.Tensor4D,
    stride: number,
    padding: number,
  ) => tf.Tensor4D;
}

/**
 * By forward convolutions alone, which XNNPACK computes fast (ARCHITECTURE.md, "Convolutions on wasm").
 *
 * dW: each input channel is an image whose channels are the images of the batch; it is convolved with dy as the filter,
 * whose taps are `stride` pixels apart. dX: dy with zeros between its pixels is convolved with the filter turned by
 * 180°.
 */
const byXnnpack: Convolutions = {
  convolve: (x, filter, stride, padding) => tf.conv2d(x, filter, stride, equalPadding(padding)),
  imageGradient,
  filterGradient,
};

/** On wasm by kernels of our own where they run; null on other backends. */
function wasmConvolutions(): Convolutions | null {
  if (!runsOnXnnpack()) return null;
  const heap = ownHeap();
  if (heap === null) return byXnnpack;
  return {
    convolve: (...given) => byKernels.convolve(heap, ...given),
    imageGradient: (...given) => byKernels.imageGradient(heap, ...given),
    filterGradient: (...given) => byKernels.filterGradient(heap, ...given),
  };
}

/** The gradient of the filter, of the given shape: dW above. */
function filterGradient(
  x: tf.Tensor4D,
  [height, width]: Shape,
  dy: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const channelImages = tf.transpose(x, [3, 1, 2, 0]);
  const taps = tf.transpose(dy, [1, 2, 0, 3]);
  const gradient: tf.Tensor4D = tf.conv2d(channelImages, taps, 1, equalPadding(padding), 'NHWC', stride);
  // Rows and columns that no window reached, where the stride does not divide, are surplus.
  return tf.transpose(crop(gradient, height, width), [1, 2, 0, 3]);
}

/** The gradient of the images, of the given shape: dX above. */
function imageGradient(
  [, height, width]: Shape,
  filter: tf.Tensor4D,
  dy: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const whole = spreadOut(dy, stride);
  // Rows and columns at the end, beyond those that the padding can take back, contain only zeros.
  const spread = crop(whole, Math.min(whole.shape[1], height + padding), Math.min(whole.shape[2], width + padding));
  const [kernelHeight, kernelWidth] = filter.shape;
  const top = kernelHeight - 1 - padding;
  const left = kernelWidth - 1 - padding;
  const bottom = height + padding - spread.shape[1];
  const right = width + padding - spread.shape[2];
  return tf.conv2d(spread, turn(filter), 1, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

/** Puts `stride` − 1 zeros after each row and each column. */
function spreadOut(dy: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return dy;
  const [n, rows, columns, channels] = dy.shape;
  const gap = stride - 1;
  const padded = tf.pad(tf.reshape(dy, [n * rows, 1, columns, channels]), [
    [0, 0],
    [0, gap],
    [0, 0],
    [0, gap * channels],
  ]);
  return tf.reshape(padded, [n, rows * stride, columns * stride, channels]);
}

/** The filter turned by 180°, its inputs and outputs exchanged. */
function turn(filter: tf.Tensor4D): tf.Tensor4D {
  const [height, width, inputs, outputs] = filter.shape;
  const taps = height * width;
  // A product with the exchange matrix, because reversing, gathering and slicing go number by number on wasm.
  const exchange: tf.Tensor2D = tf.reverse(tf.eye(taps), [0]);
  const backwards = tf.reshape(tf.matMul(exchange, tf.reshape(filter, [taps, inputs * outputs])), [
    taps,
    inputs,
    outputs,
  ]);
  return tf.reshape(tf.transpose(backwards, [0, 2, 1]), [height, width, outputs, inputs]);
}

/** The first rows and columns. */
function crop(x: tf.Tensor4D, rows: number, columns: number): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  return rows === height && columns === width ? x : tf.slice(x, [0, 0, 0, 0], [n, rows, columns, channels]);
}

/**
 * A convolution without bias, with the gradient of images and filter. Padding is `padding` zeros on every
 * side, as in PyTorch, whatever the stride.
 *
 * @param x images, [n, height, width, in]
 * @param filter [kernel height, kernel width, in, out]
 * @param stride pixels from one window to the next, both ways
 * @param padding rows and columns of zeros around each image, fewer than the filter has
 * @returns [n, ⌊(height + 2 padding − kernel height)/stride⌋ + 1, likewise, out]
 */
export function conv2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  const wasm = wasmConvolutions();
  if (wasm === null) return tf.conv2d(x, filter, stride, equalPadding(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: wasm.convolve(images, w, stride, padding),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const dValue = dy as tf.Tensor4D;
        return [
          wasm.imageGradient(savedImages.shape, savedFilter, dValue, stride, padding),
          wasm.filterGradient(savedImages, savedFilter.shape, dValue, stride, padding),
        ];
      },
    };
  });
  return convolve(x, filter);
}

/**
 * A transposed convolution without bias, with the gradient of images and filter. It does to images what a convolution's
 * gradient does, so its own gradient is that convolution. As in PyTorch, without output padding.
 *
 * @param x images, [n, height, width, in]
 * @param filter [kernel height, kernel width, out, in]: as the convolution that is transposed has it
 * @param stride pixels from one window to the next in the result, both ways
 * @param padding rows and columns taken away on each side of the result, fewer than the filter has
 * @returns [n, (height − 1) stride − 2 padding + kernel height, likewise, out]
 */
export function convTranspose2d(x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor4D {
  const [n, height, width] = x.shape;
  const [kernelHeight, kernelWidth, outputs] = filter.shape;
  const side = (pixels: number, kernel: number) => (pixels - 1) * stride - 2 * padding + kernel;
  const shape: tf.Tensor4D['shape'] = [n, side(height, kernelHeight), side(width, kernelWidth), outputs];
  const wasm = wasmConvolutions();
  if (wasm === null) return tf.conv2dTranspose(x, filter, shape, stride, equalPadding(padding));
  const convolve = tf.customGrad((...args) => {
    const [images, w, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, w]);
    return {
      value: wasm.imageGradient(shape, w, images, stride, padding),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedImages, savedFilter] = saved as [tf.Tensor4D, tf.Tensor4D];
        const dValue = dy as tf.Tensor4D;
        return [
          wasm.convolve(dValue, savedFilter, stride, padding),
          wasm.filterGradient(dValue, savedFilter.shape, savedImages, stride, padding),
        ];
      },
    };
  });
  return convolve(x, filter);
}

/**
 * A fully connected layer, x Wᵀ + b, with the gradient of all three.
 *
 * @param x inputs, [n, in]
 * @param weight W, [out, in], as PyTorch lays it out
 * @param bias b, [out]
 * @returns [n, out]
 */
export function linear(x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D): tf.Tensor2D {
  const layer = tf.customGrad((...args) => {
    const [input, w, b, save] = args as unknown as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
    save([input, w]);
    return {
      value: tf.add(timesTransposed(input, w), b),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedInput, savedWeight] = saved as [tf.Tensor2D, tf.Tensor2D];
        const dValue = dy as tf.Tensor2D;
        return [tf.matMul(dValue, savedWeight), transposedTimes(dValue, savedInput), tf.sum(dValue, 0)];
      },
    };
  });
  return layer(x, weight, bias) as tf.Tensor2D;
}

/** x Wᵀ; with XNNPACK as (W xᵀ)ᵀ, so that the smaller x is repacked and not W (ARCHITECTURE.md, "Products on wasm"). */
function timesTransposed(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  if (!runsOnXnnpack()) return tf.matMul(x, weight, false, true);
  return tf.transpose(tf.matMul(weight, tf.transpose(x)));
}

/** dᵀ x. */
function transposedTimes(d: tf.Tensor2D, x: tf.Tensor2D): tf.Tensor2D {
  return runsOnXnnpack() ? tf.matMul(tf.transpose(d), x) : tf.matMul(d, x, true, false);
}

/** Uniform in ±1/√fan_in, weights and biases alike: PyTorch's default initialisation. */
export function linearLimit(fanIn: number): number {
  return 1 / Math.sqrt(fanIn);
}

/** A fully connected layer by name and widths. */
interface LinearSize {
  readonly name: string;
  readonly in: number;
  readonly out: number;
}

/** Fresh weights and biases of fully connected layers, `NAME.weight` [out, in] and `NAME.bias` [out], layer by layer. */
export function initialLayers(sizes: readonly LinearSize[], random: Random): Parameters {
  const parameters: Record<string, tf.Tensor> = {};
  for (const layer of sizes) {
    const limit = linearLimit(layer.in);
    parameters[`${layer.name}.weight`] = tf.tensor2d(symmetricUniform(layer.out * layer.in, limit, random), [
      layer.out,
      layer.in,
    ]);
    parameters[`${layer.name}.bias`] = tf.tensor1d(symmetricUniform(layer.out, limit, random));
  }
  return parameters;
}

/** The fully connected layers of a network: x Wᵀ + b of the layer of that name, [n, in] → [n, out]. */
export type Layers = (name: string, x: tf.Tensor2D) => tf.Tensor2D;

/** Layers that give gradients of inputs, weights and biases. */
export function layersOf(parameters: Parameters): Layers {
  return (name, x) => linear(x, parameters[`${name}.weight`] as tf.Tensor2D, parameters[`${name}.bias`] as tf.Tensor1D);
}

/**
 * Freezes a network: keeps each weight in both layouts. XNNPACK packs the second operand of a product once for as long
 * as its tensor lives, so x Wᵀ and its gradient then need no repacking.
 */
export function freeze(parameters: Parameters): Parameters {
  const tensors: Record<string, tf.Tensor> = {};
  for (const [name, tensor] of Object.entries(parameters)) {
    tensors[name] = tf.clone(tensor);
    if (tensor.rank === 2) tensors[`${name}.transposed`] = tf.transpose(tensor);
  }
  return tensors;
}

/** The layers of a network that was frozen: they give the gradient of the input alone. */
export function frozenLayers(tensors: Parameters): Layers {
  return (name, x) => {
    const weight = tensors[`${name}.weight`] as tf.Tensor2D;
    const transposed = tensors[`${name}.weight.transposed`] as tf.Tensor2D;
    const layer = tf.customGrad((input) => ({
      value: tf.add(tf.matMul(input as tf.Tensor2D, transposed), tensors[`${name}.bias`]),
      gradFunc: (dy: tf.Tensor) => tf.matMul(dy, weight),
    }));
    return layer(x) as tf.Tensor2D;
  };
}

/**
 * The factors of inverted dropout: 0 with probability `rate`, otherwise 1 / (1 − rate). Each random number decides over
 * two units with 16 bits each, so the rate is met to 1/65,536.
 */
export function dropoutMask(count: number, rate: number, random: Random): Float32Array {
  const values = new Float32Array(count);
  const threshold = Math.round(rate * 65_536);
  const kept = 1 / (1 - rate);
  for (let index = 0; index < values.length; index += 2) {
    const bits = random.next();
    if ((bits & 0xffff) >= threshold) values[index] = kept;
    if (bits >>> 16 >= threshold && index + 1 < values.length) values[index + 1] = kept;
  }
  return values;
}
