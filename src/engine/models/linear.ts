import * as tf from '@tensorflow/tfjs';
import { type Random, symmetricUniform } from '../../core/random.ts';
import { runsOnXnnpack } from './convolution.ts';
import type { Parameters } from './parameters.ts';

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
