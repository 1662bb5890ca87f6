import * as tf from '@tensorflow/tfjs';
import type { DenseActivations, DenseLayer } from './denseForward.ts';
import { asColumn } from './denseForward.ts';
import type { Parameters } from '../models/parameters.ts';

/**
 * ∂ loss / ∂ Z of each layer, the first layer's first, [out, n] each.
 *
 * @param last ∂ loss / ∂ logits, [classes, n]
 */
export function denseDeltas(layers: readonly DenseLayer[], { outputs }: Pick<DenseActivations, 'outputs'>, last: tf.Tensor2D): tf.Tensor2D[] {
  const deltas = [last];
  for (let index = layers.length - 1; index > 0; index--) {
    const [later] = deltas;
    // Wᵀ D as (Dᵀ W)ᵀ, because W is large and D is small.
    const back = tf.transpose(tf.matMul(tf.transpose(later), layers[index].weight));
    deltas.unshift(tf.mul(back, tf.step(outputs[index - 1])));
  }
  return deltas;
}

/**
 * Parameters after a step of gradient descent: W ← W − D Hᵀ, b ← b − Σ D.
 *
 * @param deltas ∂ loss / ∂ Z of each layer times the learning rate and the weight of each example, [out, n]
 * @param inputs what each layer took in, an example a row, [n, in]
 */
export function denseUpdate(layers: readonly DenseLayer[], deltas: readonly tf.Tensor2D[], inputs: readonly tf.Tensor2D[]): Parameters {
  return Object.fromEntries(
    layers.flatMap(({ name, weight, bias }, index) => [
      [`${name}.weight`, tf.sub(weight, tf.matMul(deltas[index], inputs[index]))],
      [`${name}.bias`, tf.sub(bias, tf.sum(deltas[index], 1))],
    ]),
  );
}

/**
 * What the network gives of other examples after a step of gradient descent, whose weights are never formed: as the
 * step's D Hᵀ has the rank of its batch, Z' = W H' + b − D (Hᵀ H' + 1).
 *
 * @param first W H + b of the first layer for the examples, before the step, [out, m]
 * @param images the examples, a column each, [in, m]
 * @param deltas of the step, times the learning rate, [out, n] each
 * @param stepInputs what each layer took in at the step, an example a row, [n, in] each
 * @returns logits after the step, [classes, m]
 */
export function logitsAfterStep(
  layers: readonly DenseLayer[],
  first: tf.Tensor2D,
  images: tf.Tensor2D,
  deltas: readonly tf.Tensor2D[],
  stepInputs: readonly tf.Tensor2D[],
): tf.Tensor2D {
  let input = images;
  let output = first;
  layers.forEach(({ weight, bias }, index) => {
    if (index > 0) {
      input = tf.relu(output);
      output = tf.add(tf.matMul(weight, input), asColumn(bias));
    }
    const alike = tf.add(tf.matMul(stepInputs[index], input), 1);
    output = tf.sub(output, tf.matMul(deltas[index], alike));
  });
  return output;
}
