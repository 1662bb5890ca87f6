import type * as tf from '@tensorflow/tfjs';
import {
  type After,
  type Normalisation,
  type NormalisationGradient,
  type NormalisedBatch,
  normalisationEpsilon as epsilon,
  type RunningNormalisation,
} from '../programs/batchNorm.ts';
import type { Heap } from './heap.ts';

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
