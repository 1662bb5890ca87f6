import type * as tf from '@tensorflow/tfjs';
import type { Heap } from './heap.ts';
import {
  type After,
  type Normalisation,
  type NormalisationGradient,
  type NormalisedBatch,
  normalisationEpsilon as epsilon,
  type RunningNormalisation,
} from '../programs/batchNorm.ts';

/** A convolution's operands beside its filter, and how it goes over the images. */
interface Sweep {
  /** [n, height, width, inputs] */
  readonly images: tf.Tensor4D['shape'];
  /** [kernel height, kernel width, inputs, outputs] */
  readonly filter: tf.Tensor4D['shape'];
  readonly stride: number;
  /** Rows and columns of zeros on each side. */
  readonly padding: number;
}

type Shape = tf.Tensor4D['shape'];

/** Tiles of 2 × 2 pixels that are multiplied together: enough for the filter to be worth loading, and few enough for the cache. */
const tilesTogether = 64;

/** Whether a convolution can go by Winograd's tiles (winograd.assembly.ts). */
function hasTiles({ filter: [height, width, inputs, outputs], stride, padding }: Sweep): boolean {
  return height === 3 && width === 3 && stride === 1 && padding === 1 && inputs % 4 === 0 && outputs % 4 === 0;
}

function tileRows([, , width]: Shape): number {
  return Math.max(1, Math.floor(tilesTogether / Math.ceil(width / 2)));
}

/** Rows and columns of a convolution's result. */
function sidesOf({ images: [, height, width], filter: [down, across], stride, padding }: Sweep): [number, number] {
  const side = (pixels: number, kernel: number) => Math.floor((pixels + 2 * padding - kernel) / stride) + 1;
  return [side(height, down), side(width, across)];
}

/** The numbers that the kernels of windows.assembly.ts take after their three addresses. */
function windowNumbers(sweep: Sweep): number[] {
  const { images, filter, stride, padding } = sweep;
  return [...images, filter[3], filter[0], filter[1], stride, padding, ...sidesOf(sweep)];
}

function windowScratch({ kernels }: Heap, { filter: [height, width, inputs, outputs] }: Sweep): number {
  return kernels.windowScratch(height * width, inputs, outputs);
}

/** Convolves images by tiles, with a filter [3, 3, inputs, outputs] at an address. */
function byTiles(heap: Heap, x: number, filter: number, y: number, images: Shape, outputs: number): void {
  const { kernels, lend } = heap;
  const [, , width, inputs] = images;
  const rows = tileRows(images);
  lend(16 * inputs * 8 * Math.ceil(outputs / 8), (u) => {
    kernels.winogradFilter(filter, inputs, outputs, u);
    lend(kernels.winogradScratch(width, inputs, outputs, rows), (scratch) =>
      kernels.winograd(x, u, y, ...images, outputs, scratch, rows),
    );
  });
}

/** The convolution of images, [n, rows, columns, outputs]. */
export function convolve(heap: Heap, x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number) {
  const { kernels, address, lend } = heap;
  const sweep = { images: x.shape, filter: filter.shape, stride, padding };
  const y = heap.tensor<tf.Rank.R4>([x.shape[0], ...sidesOf(sweep), filter.shape[3]]);
  if (hasTiles(sweep)) byTiles(heap, address(x), address(filter), address(y), x.shape, filter.shape[3]);
  else
    lend(windowScratch(heap, sweep), (scratch) =>
      kernels.convolve(address(x), address(filter), address(y), ...windowNumbers(sweep), scratch),
    );
  return y;
}

/** The gradient of a convolution's images, of the given shape, from that of its result. */
export function imageGradient(
  heap: Heap,
  images: Shape,
  filter: tf.Tensor4D,
  dy: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const { kernels, address, lend } = heap;
  const sweep = { images, filter: filter.shape, stride, padding };
  const dx = heap.tensor<tf.Rank.R4>(images);
  if (hasTiles(sweep)) {
    const [, , inputs, outputs] = filter.shape;
    lend(filter.size, (turned) => {
      kernels.turn(address(filter), 9, inputs, outputs, turned);
      byTiles(heap, address(dy), turned, address(dx), dy.shape, inputs);
    });
  } else
    lend(windowScratch(heap, sweep), (scratch) =>
      kernels.imageGradient(address(dy), address(filter), address(dx), ...windowNumbers(sweep), scratch),
    );
  return dx;
}

/** The gradient of a convolution's filter, of the given shape, from its images and the gradient of its result. */
export function filterGradient(
  heap: Heap,
  x: tf.Tensor4D,
  filter: Shape,
  dy: tf.Tensor4D,
  stride: number,
  padding: number,
): tf.Tensor4D {
  const { kernels, address, lend } = heap;
  const sweep = { images: x.shape, filter, stride, padding };
  const dw = heap.tensor<tf.Rank.R4>(filter);
  const [, , inputs, outputs] = filter;
  const rows = tileRows(x.shape);
  if (hasTiles(sweep))
    lend(kernels.winogradScratch(x.shape[2], inputs, outputs, rows), (scratch) =>
      kernels.winogradFilterGradient(address(x), address(dy), address(dw), ...x.shape, outputs, scratch, rows),
    );
  else
    lend(windowScratch(heap, sweep), (scratch) =>
      kernels.filterGradient(address(x), address(dy), address(dw), ...windowNumbers(sweep), scratch),
    );
  return dw;
}

/** The numbers of pixels and channels of images that a kernel goes over, which takes channels in fours. */
function sizesOf({ size, shape: [, , , channels] }: tf.Tensor4D): [number, number] {
  return [size / channels, channels];
}

/** Whether images can be normalised here. */
export function hasFours(x: tf.Tensor4D): boolean {
  return x.shape[3] % 4 === 0;
}

/** The address of what may be left out. */
function addressIfAny({ address }: Heap, tensor: tf.Tensor | null | undefined): number {
  return tensor ? address(tensor) : 0;
}

/** As programs/batchNorm.ts does it. */
export function normaliseBatch(
  heap: Heap,
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { plus, relu }: After,
): NormalisedBatch {
  const { kernels, address, lend } = heap;
  const [pixels, channels] = sizesOf(x);
  const y = heap.tensor<tf.Rank.R4>(x.shape);
  const mean = heap.tensor<tf.Rank.R1>([channels]);
  const variance = heap.tensor<tf.Rank.R1>([channels]);
  lend(channels, (scratch) =>
    kernels.batchNorm(
      ...[address(x), address(gamma), address(beta), addressIfAny(heap, plus), address(y), pixels, channels],
      ...[address(mean), address(variance), scratch, epsilon, relu],
    ),
  );
  return { y, mean, variance };
}

/** The gradient of {@link normaliseBatch}, as programs/batchNorm.ts does it. */
export function batchNormGradient(
  heap: Heap,
  dy: tf.Tensor4D,
  { x, gamma, y, mean, variance }: Normalisation,
  wantsPlus: boolean,
): NormalisationGradient {
  const { kernels, address, lend } = heap;
  const [pixels, channels] = sizesOf(x);
  const dx = heap.tensor<tf.Rank.R4>(x.shape);
  const dGamma = heap.tensor<tf.Rank.R1>([channels]);
  const dBeta = heap.tensor<tf.Rank.R1>([channels]);
  const plus = pastRelu(heap, dy, y, wantsPlus);
  lend(3 * channels, (scratch) =>
    kernels.batchNormBack(
      ...[address(dy), addressIfAny(heap, y), address(x), address(gamma), address(dx), address(dGamma), address(dBeta)],
      ...[plus.address, pixels, channels, address(mean), address(variance), scratch, epsilon],
    ),
  );
  return { x: dx, gamma: dGamma, beta: dBeta, plus: plus.tensor };
}

/** Where the gradient of what was added goes. Without ReLU it is dy. */
function pastRelu({ tensor, address }: Heap, dy: tf.Tensor4D, y: tf.Tensor4D | null, wanted: boolean) {
  if (!wanted) return { tensor: null, address: 0 };
  if (y === null) return { tensor: dy.clone(), address: 0 };
  const made = tensor<tf.Rank.R4>(dy.shape);
  return { tensor: made, address: address(made) };
}

/** As programs/batchNorm.ts does it. */
export function normaliseByRunning(
  heap: Heap,
  x: tf.Tensor4D,
  { gamma, beta, mean, variance }: RunningNormalisation,
  { plus, relu }: After,
): tf.Tensor4D {
  const { kernels, address, lend } = heap;
  const [pixels, channels] = sizesOf(x);
  const y = heap.tensor<tf.Rank.R4>(x.shape);
  lend(channels, (scratch) =>
    kernels.runningNorm(
      ...[address(x), address(gamma), address(beta), addressIfAny(heap, plus), address(y), pixels, channels],
      ...[address(mean), address(variance), scratch, epsilon, relu],
    ),
  );
  return y;
}

/** The gradient of {@link normaliseByRunning}, as programs/batchNorm.ts does it. */
export function runningNormGradient(
  heap: Heap,
  dy: tf.Tensor4D,
  { gamma, variance }: Pick<RunningNormalisation, 'gamma' | 'variance'>,
  y: tf.Tensor4D | null,
  wantsPlus: boolean,
): { readonly x: tf.Tensor4D; readonly plus: tf.Tensor4D | null } {
  const { kernels, address, lend } = heap;
  const [pixels, channels] = sizesOf(dy);
  const dx = heap.tensor<tf.Rank.R4>(dy.shape);
  const plus = pastRelu(heap, dy, y, wantsPlus);
  lend(3 * channels, (scratch) =>
    kernels.runningNormBack(
      ...[address(dy), addressIfAny(heap, y), address(gamma), address(dx), plus.address],
      ...[pixels, channels, address(variance), scratch, epsilon],
    ),
  );
  return { x: dx, plus: plus.tensor };
}
