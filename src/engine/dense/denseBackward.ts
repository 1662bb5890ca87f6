import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../models/parameters.ts';
import type { DenseActivations, DenseLayer } from './denseForward.ts';

/**
 * ∂ loss / ∂ Z of each layer, the first layer's first, [n, out] each: D ← (D W) ⊙ [H > 0].
 *
 * @param inputs H: what each layer took in, [n, in]
 * @param last ∂ loss / ∂ logits, [n, classes]
 */
export function denseDeltas(
  layers: readonly DenseLayer[],
  inputs: DenseActivations['inputs'],
  last: tf.Tensor2D,
): tf.Tensor2D[] {
  const deltas = [last];
  for (let index = layers.length - 1; index > 0; index--) {
    // D W as (Wᵀ Dᵀ)ᵀ, because a backend repacks the second factor of every product.
    const back = tf.transpose(tf.matMul(layers[index].transposedWeight(), tf.transpose(deltas[0])));
    deltas.unshift(tf.mul(back, tf.step(inputs[index])));
  }
  return deltas;
}

/**
 * Parameters after a step of gradient descent: W ← W − Dᵀ H, b ← b − Σ D.
 *
 * @param deltas ∂ loss / ∂ Z of each layer, times the learning rate, [n, out]
 * @param inputs H: what each layer took in, [n, in]
 */
export function denseUpdate(
  layers: readonly DenseLayer[],
  deltas: readonly tf.Tensor2D[],
  inputs: DenseActivations['inputs'],
): Parameters {
  return Object.fromEntries(
    layers.flatMap(({ name, weight, bias }, index) => [
      [`${name}.weight`, tf.sub(weight, tf.matMul(tf.transpose(deltas[index]), inputs[index]))],
      [`${name}.bias`, tf.sub(bias, tf.sum(deltas[index], 0))],
    ]),
  );
}
