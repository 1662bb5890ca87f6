import * as tf from '@tensorflow/tfjs';
import { conv2d } from './conv2d.ts';
import type { Normalise } from './normaliser.ts';
import type { Parameters } from './parameters.ts';

/** A basic block of a ResNet (He et al. 2016, section 4.1), with its place in the network. */
export interface BasicBlock {
  /** Its parameters' names start with this. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Of the first convolution. */
  readonly stride: number;
}

/** Whether the block changes the shape, so that its shortcut needs a 1×1 convolution. */
export function changesShape({ inputs, outputs, stride }: BasicBlock): boolean {
  return stride !== 1 || inputs !== outputs;
}

/**
 * Two 3×3 convolutions beside a shortcut: relu(F(x) + x).
 *
 * @param x [n, height, width, inputs]
 * @returns [n, ⌈height/stride⌉, ⌈width/stride⌉, outputs]
 */
export function basicBlock(block: BasicBlock, parameters: Parameters, normalise: Normalise, x: tf.Tensor4D): tf.Tensor4D {
  const convolve = (input: tf.Tensor4D, name: string, stride: number, padding: number) =>
    conv2d(input, parameters[`${block.name}.${name}.weight`] as tf.Tensor4D, stride, padding);

  const hidden = tf.relu(normalise(convolve(x, 'conv1', block.stride, 1), `${block.name}.bn1`));
  const residual = normalise(convolve(hidden, 'conv2', 1, 1), `${block.name}.bn2`);
  const shortcut = changesShape(block) ? normalise(convolve(x, 'short.0', block.stride, 0), `${block.name}.short.1`) : x;
  return tf.relu(tf.add(residual, shortcut));
}
