import type * as tf from '@tensorflow/tfjs';
import type { GatedClassifier } from '../models/gatedClassifier.ts';
import { type FrozenLayers, freezeLayers } from '../models/layers.ts';
import type { Parameters } from '../models/parameters.ts';
import type { ElboParts, Vae } from '../models/vae.ts';

/** A classifier whose parameters stay as they are. */
export interface FrozenClassifier {
  /** In evaluation mode, [n, classes], with the gradient of the images. */
  readonly logits: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly tensors: Parameters;
}

/** A VAE whose parameters stay as they are. */
export interface FrozenVae {
  /** Latents to images, with the gradient of the latents. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
  /** With the gradient of the images. */
  readonly elboParts: (images: tf.Tensor2D, epsilon: tf.Tensor2D) => ElboParts;
  readonly tensors: Parameters;
}

export function freezeClassifier(classifier: GatedClassifier, parameters: Parameters): FrozenClassifier {
  const { layers, tensors }: FrozenLayers = freezeLayers(parameters);
  return { logits: (images) => classifier.logits(layers, images), tensors };
}

export function freezeVae(vae: Vae, parameters: Parameters): FrozenVae {
  const { layers, tensors }: FrozenLayers = freezeLayers(parameters);
  return {
    decode: (latents) => vae.decode(layers, latents),
    elboParts: (images, epsilon) => vae.elboParts(layers, images, epsilon),
    tensors,
  };
}
