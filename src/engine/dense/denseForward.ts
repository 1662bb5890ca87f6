import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../models/parameters.ts';

/** One layer of a dense network: W [out, in] and b [out]. */
export interface DenseLayer {
  readonly name: string;
  readonly weight: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
}

/**
 * What a dense network computes of a batch, an example a column: with the weights as [out, in], W X needs neither of
 * them transposed, and it is the small X that a backend packs anew for each product.
 */
export interface DenseActivations {
  /** What each layer takes in: the images, then the hidden units after ReLU; [in, n] each. */
  readonly inputs: readonly tf.Tensor2D[];
  /** What each layer gives before ReLU, [out, n]; that of the last are the logits. */
  readonly outputs: readonly tf.Tensor2D[];
}

/** The layers of a multi-layer perceptron's parameters, from the images to the logits (models/mlp.ts). */
export function denseLayers(parameters: Parameters): DenseLayer[] {
  return Array.from({ length: Object.keys(parameters).length / 2 }, (_, index) => {
    const name = String(2 * index);
    return { name, weight: parameters[`${name}.weight`] as tf.Tensor2D, bias: parameters[`${name}.bias`] as tf.Tensor1D };
  });
}

/**
 * Z = W H + b and H = ReLU(Z), layer by layer.
 *
 * @param images an example a column, [numbers in an image, n]
 */
export function denseForward(layers: readonly DenseLayer[], images: tf.Tensor2D): DenseActivations {
  const inputs: tf.Tensor2D[] = [];
  const outputs: tf.Tensor2D[] = [];
  for (const { weight, bias } of layers) {
    const previous = outputs.at(-1);
    const input = previous === undefined ? images : tf.relu(previous);
    inputs.push(input);
    outputs.push(tf.add(tf.matMul(weight, input), asColumn(bias)));
  }
  return { inputs, outputs };
}

/** [n] as [n, 1]. */
export function asColumn(values: tf.Tensor1D): tf.Tensor2D {
  return tf.reshape(values, [values.size, 1]);
}
