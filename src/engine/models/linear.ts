import * as tf from '@tensorflow/tfjs';
import { type Random, symmetricUniform } from '../random.ts';
import type { Parameters } from './parameters.ts';
import { runsOnXnnpack } from './runsOnXnnpack.ts';

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

/** x Wᵀ; with XNNPACK as (W xᵀ)ᵀ, so that the smaller x is repacked rather than W. */
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
export interface LinearSize {
  readonly name: string;
  readonly in: number;
  readonly out: number;
}

/** Fresh weights and biases of fully connected layers, `NAME.weight` [out, in] and `NAME.bias` [out], layer by layer. */
export function initialLayers(sizes: readonly LinearSize[], random: Random): Parameters {
  const parameters: Record<string, tf.Tensor> = {};
  for (const layer of sizes) {
    const limit = linearLimit(layer.in);
    parameters[`${layer.name}.weight`] = tf.tensor2d(symmetricUniform(layer.out * layer.in, limit, random), [layer.out, layer.in]);
    parameters[`${layer.name}.bias`] = tf.tensor1d(symmetricUniform(layer.out, limit, random));
  }
  return parameters;
}
