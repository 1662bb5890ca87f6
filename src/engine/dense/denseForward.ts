import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../models/parameters.ts';

/** One layer of a dense network: W [out, in] and b [out]. */
export interface DenseLayer {
  readonly name: string;
  readonly weight: tf.Tensor2D;
  readonly bias: tf.Tensor1D;
  /** Wᵀ, [in, out]; made when it is first asked for. */
  readonly transposedWeight: () => tf.Tensor2D;
}

/** What a dense network computes of a batch, an example a row. */
export interface DenseActivations {
  /** What each layer takes in: the images, then the hidden units after ReLU; [n, in] each. */
  readonly inputs: readonly tf.Tensor2D[];
  /** What each layer gives before ReLU, [n, out]; that of the last are the logits. */
  readonly outputs: readonly tf.Tensor2D[];
}

/** The layers of a multi-layer perceptron's parameters, from the images to the logits (models/mlp.ts). */
export function denseLayers(parameters: Parameters): DenseLayer[] {
  return Array.from({ length: Object.keys(parameters).length / 2 }, (_, index) => {
    const name = String(2 * index);
    const weight = parameters[`${name}.weight`] as tf.Tensor2D;
    let transposed: tf.Tensor2D | null = null;
    const transposedWeight = () => (transposed ??= tf.transpose(weight));
    return { name, weight, bias: parameters[`${name}.bias`] as tf.Tensor1D, transposedWeight };
  });
}

/** Z = H Wᵀ + b and H = ReLU(Z), layer by layer. */
export function denseForward(layers: readonly DenseLayer[], images: tf.Tensor2D): DenseActivations {
  const inputs: tf.Tensor2D[] = [];
  const outputs: tf.Tensor2D[] = [];
  for (const layer of layers) {
    const previous = outputs.at(-1);
    const input = previous === undefined ? images : tf.relu(previous);
    inputs.push(input);
    outputs.push(affine(layer, input));
  }
  return { inputs, outputs };
}

/** H Wᵀ + b as (W Hᵀ)ᵀ + b, because a backend repacks the second factor of every product: H is small, W is not. */
export function affine({ weight, bias }: DenseLayer, input: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.transpose(tf.matMul(weight, tf.transpose(input))), bias);
}
