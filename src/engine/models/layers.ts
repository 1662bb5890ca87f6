import * as tf from '@tensorflow/tfjs';
import { linear } from './linear.ts';
import type { Parameters } from './parameters.ts';

/** The fully connected layers of a network: x Wᵀ + b of the layer of that name, [n, in] → [n, out]. */
export type Layers = (name: string, x: tf.Tensor2D) => tf.Tensor2D;

/** Layers that give gradients of inputs, weights and biases. */
export function layersOf(parameters: Parameters): Layers {
  return (name, x) => linear(x, parameters[`${name}.weight`] as tf.Tensor2D, parameters[`${name}.bias`] as tf.Tensor1D);
}

/** Layers whose parameters stay as they are. */
export interface FrozenLayers {
  /** Gives the gradient of the input alone. */
  readonly layers: Layers;
  /** Its tensors, which belong to whoever froze the network. */
  readonly tensors: Parameters;
}

/**
 * Freezes a network. Both layouts of each weight are kept, because XNNPACK packs the second operand of a product
 * once for as long as its tensor lives: x Wᵀ and its gradient then cost no repacking.
 *
 * @param parameters may be freed afterwards
 */
export function freezeLayers(parameters: Parameters): FrozenLayers {
  const tensors: Record<string, tf.Tensor> = {};
  for (const [name, tensor] of Object.entries(parameters)) {
    tensors[name] = tf.clone(tensor);
    if (tensor.rank === 2) tensors[`${name}.transposed`] = tf.transpose(tensor);
  }
  const layers: Layers = (name, x) => {
    const weight = tensors[`${name}.weight`] as tf.Tensor2D;
    const transposed = tensors[`${name}.weight.transposed`] as tf.Tensor2D;
    const layer = tf.customGrad((input) => ({
      value: tf.add(tf.matMul(input as tf.Tensor2D, transposed), tensors[`${name}.bias`]),
      gradFunc: (dy: tf.Tensor) => tf.matMul(dy, weight),
    }));
    return layer(x) as tf.Tensor2D;
  };
  return { layers, tensors };
}
