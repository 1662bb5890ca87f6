import * as tf from '@tensorflow/tfjs';
import type { Random } from '../random.ts';
import type { Layers } from './layers.ts';
import { initialLayers } from './linear.ts';
import type { Parameters } from './parameters.ts';

/** Widths of a gated classifier. */
export interface GatedShape {
  /** Numbers in an image. */
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

/**
 * The classifier of generative replay: two gated layers (Dauphin et al. 2017), ReLU(W x + b) · σ(V x + c) and
 * (W x + b) · σ(V x + c), with dropout between them. The two halves of a layer are one: rows of `0.weight` and
 * `0.bias` are first those of W and b, then as many of V and c; likewise `1.weight` and `1.bias`.
 */
export interface GatedClassifier extends GatedShape {
  /** Fresh parameters, drawn from a generator. */
  init(random: Random): Parameters;
  /** Evaluation mode, without dropout: [n, inputs] → [n, classes]. */
  logits(layers: Layers, images: tf.Tensor2D): tf.Tensor2D;
}

export function gatedClassifier(shape: GatedShape): GatedClassifier {
  const { inputs, hidden, classes } = shape;
  const sizes = [
    { name: '0', in: inputs, out: 2 * hidden },
    { name: '1', in: hidden, out: 2 * classes },
  ];
  return {
    ...shape,
    init: (random) => initialLayers(sizes, random),
    logits(layers, images) {
      const [value, gate] = tf.split(layers('0', images), 2, 1);
      const [outputValue, outputGate] = tf.split(layers('1', tf.mul(tf.relu(value), tf.sigmoid(gate))), 2, 1);
      return tf.mul(outputValue, tf.sigmoid(outputGate));
    },
  };
}
