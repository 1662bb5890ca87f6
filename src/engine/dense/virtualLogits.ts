import * as tf from '@tensorflow/tfjs';
import { affine, type DenseLayer } from './denseForward.ts';

/** A step of gradient descent that is looked at and never taken. */
export interface VirtualStep {
  /** ∂ loss / ∂ Z of each layer for the batch of the step, times the learning rate, [n, out]. */
  readonly deltas: readonly tf.Tensor2D[];
  /** What each layer took in, [n, in]. */
  readonly inputs: readonly tf.Tensor2D[];
}

/**
 * What a network gives of other examples after a virtual step, whose weights are never formed: the step's Dᵀ H has the
 * rank of its batch, so that Z' = H' Wᵀ + b − (H' Hᵀ + 1) D.
 *
 * @param images the examples, [m, in]
 * @param first Z of the first layer for them before the step, [m, out]: it is known already
 * @returns logits after the step, [m, classes]
 */
export function virtualLogits(
  layers: readonly DenseLayer[],
  step: VirtualStep,
  images: tf.Tensor2D,
  first: tf.Tensor2D,
): tf.Tensor2D {
  let input = images;
  let output = first;
  layers.forEach((layer, index) => {
    if (index > 0) {
      input = tf.relu(output);
      output = affine(layer, input);
    }
    // H' Hᵀ as (H H'ᵀ)ᵀ would repack the larger of the two; n is ten.
    const alike = tf.add(tf.matMul(input, tf.transpose(step.inputs[index])), 1);
    output = tf.sub(output, tf.matMul(alike, step.deltas[index]));
  });
  return output;
}
