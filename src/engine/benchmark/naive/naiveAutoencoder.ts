import * as tf from '@tensorflow/tfjs';
import { convolution, transposedConvolution } from './convolution.ts';
import type { NaiveNormalise } from './normalisation.ts';
import type { Weights } from './weights.ts';

/** The autoencoder's halves in stock operations, on [n, numbers in an image] and [n, latent size]. */
export interface NaiveAutoencoder {
  encode(weights: Weights, normalise: NaiveNormalise, images: tf.Tensor2D): tf.Tensor2D;
  decode(weights: Weights, normalise: NaiveNormalise, latents: tf.Tensor2D): tf.Tensor2D;
}

/** @param filters channels of every hidden layer */
export function naiveAutoencoder([height, width, channels]: readonly [number, number, number], filters: number): NaiveAutoencoder {
  const [rows, columns] = [height / 8, width / 8];
  const filter = (weights: Weights, name: string) => weights[`${name}.weight`] as tf.Tensor4D;
  const residual = (weights: Weights, normalise: NaiveNormalise, x: tf.Tensor4D, name: string): tf.Tensor4D => {
    const wide = convolution(tf.relu(x), filter(weights, `${name}.conv3`), 1, 1).add<tf.Tensor4D>(weights[`${name}.conv3.bias`]);
    const hidden = tf.relu(normalise(wide, `${name}.bn`));
    return x.add(convolution(hidden, filter(weights, `${name}.conv1`), 1, 0).add(weights[`${name}.conv1.bias`]));
  };
  return {
    encode(weights, normalise, images) {
      let x: tf.Tensor4D = tf.reshape(images, [images.shape[0], height, width, channels]);
      for (const layer of [0, 3, 6]) x = tf.relu(normalise(convolution(x, filter(weights, `encoder.${layer}`), 2, 1), `encoder.${layer + 1}`));
      x = normalise(residual(weights, normalise, x, 'encoder.9'), 'encoder.10');
      return tf.reshape(residual(weights, normalise, x, 'encoder.11'), [images.shape[0], rows * columns * filters]);
    },
    decode(weights, normalise, latents) {
      let x: tf.Tensor4D = tf.reshape(latents, [latents.shape[0], rows, columns, filters]);
      x = normalise(residual(weights, normalise, x, 'decoder.0'), 'decoder.1');
      x = normalise(residual(weights, normalise, x, 'decoder.2'), 'decoder.3');
      for (const layer of [4, 7]) x = tf.relu(normalise(transposedConvolution(x, filter(weights, `decoder.${layer}`), 2, 1), `decoder.${layer + 1}`));
      x = tf.tanh(transposedConvolution(x, filter(weights, 'decoder.10'), 2, 1));
      return tf.reshape(x, [latents.shape[0], height * width * channels]);
    },
  };
}
