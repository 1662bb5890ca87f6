import * as tf from '@tensorflow/tfjs';
import { dense, type Weights, type WeightVariables } from './network.ts';

/** What dropout multiplies the hidden units by, layer by layer, [n, hidden] each. */
export interface NaiveMasks {
  readonly encoder: readonly tf.Tensor2D[];
  readonly decoder: readonly tf.Tensor2D[];
}

/** The VAE's networks as one would write them with stock operations. */
export interface NaiveVae {
  decode(weights: Weights, latents: tf.Tensor2D, masks?: NaiveMasks | null): tf.Tensor2D;
  /** Both parts of each image's −ELBO, [n] each. */
  elbo(
    weights: Weights,
    images: tf.Tensor2D,
    epsilon: tf.Tensor2D,
    masks?: NaiveMasks | null,
  ): { reconstruction: tf.Tensor; kl: tf.Tensor };
}

/** @param depth hidden layers of encoder and of decoder */
export function naiveVae(depth: number): NaiveVae {
  const hiddenLayers = (
    weights: Weights,
    part: 'encoder' | 'decoder',
    input: tf.Tensor2D,
    masks: NaiveMasks | null,
  ): tf.Tensor2D => {
    let x = input;
    for (let layer = 0; layer < depth; layer++) {
      x = tf.relu(dense(weights, `${part}.${2 * layer}`, x));
      if (masks !== null) x = tf.mul(x, masks[part][layer]);
    }
    return x;
  };
  const decode = (weights: Weights, latents: tf.Tensor2D, masks: NaiveMasks | null = null): tf.Tensor2D =>
    tf.sigmoid(dense(weights, `decoder.${2 * depth}`, hiddenLayers(weights, 'decoder', latents, masks)));
  return {
    decode,
    elbo(weights, images, epsilon, masks = null) {
      const features = hiddenLayers(weights, 'encoder', images, masks);
      const mean = dense(weights, 'mean', features);
      const variance = tf.softplus(dense(weights, 'variance.0', features));
      const latents: tf.Tensor2D = mean.add(variance.sqrt().mul(epsilon));
      const p = decode(weights, latents, masks).clipByValue(1e-6, 1 - 1e-6);
      const reconstruction = images
        .mul(p.log())
        .add(tf.sub(1, images).mul(tf.sub(1, p).log()))
        .sum(1)
        .neg();
      const kl = variance.add(mean.square()).sub(1).sub(variance.log()).sum(1).mul(0.5);
      return { reconstruction, kl };
    },
  };
}

/** What {@link updateNaiveVae} needs of one update. */
export interface NaiveVaeUpdate {
  readonly weights: WeightVariables;
  readonly optimizer: tf.Optimizer;
  readonly images: tf.Tensor2D;
  /** Of each image in the loss, [n]. */
  readonly imageWeights: tf.Tensor1D;
  readonly epsilon: tf.Tensor2D;
  readonly beta: number;
  readonly masks: NaiveMasks | null;
}

/** One update of the weighted sum over images of reconstruction loss + β KL by the stock optimiser. Gives the loss. */
export function updateNaiveVae(
  vae: NaiveVae,
  { weights, optimizer, images, imageWeights, epsilon, beta, masks }: NaiveVaeUpdate,
): tf.Scalar {
  const { value, grads } = tf.variableGrads(() => {
    const { reconstruction, kl } = vae.elbo(weights, images, epsilon, masks);
    return reconstruction.add(kl.mul(beta)).mul(imageWeights).sum();
  }, Object.values(weights));
  optimizer.applyGradients(grads);
  tf.dispose(grads);
  return value;
}

/** Stock Adam with the constants of its paper. */
export function stockAdam(): tf.Optimizer {
  return tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
}
