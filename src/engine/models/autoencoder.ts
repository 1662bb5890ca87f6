import * as tf from '@tensorflow/tfjs';
import { type AutoencoderOptions, latentShape } from '../../core/memoryBytes.ts';
import { type Random, symmetricUniform } from '../../core/random.ts';
import type { Variables } from './classifier.ts';
import { conv2d, convTranspose2d, linearLimit } from './layers.ts';
import { batchNormaliser, type Normalise, runningNormaliser } from './normalisation.ts';
import type { Parameters } from './parameters.ts';

/**
 * A residual block that activates first: x + F(x), F being ReLU, 3×3 convolution, batch normalisation, ReLU,
 * 1×1 convolution, both convolutions with bias.
 *
 * @param name what its parameters' names start with
 * @param x [n, height, width, channels]
 * @returns of x's shape
 */
function residualBlock(name: string, parameters: Parameters, normalise: Normalise, x: tf.Tensor4D): tf.Tensor4D {
  const convolve = (input: tf.Tensor4D, layer: string, padding: number): tf.Tensor4D =>
    tf.add(
      conv2d(input, parameters[`${name}.${layer}.weight`] as tf.Tensor4D, 1, padding),
      parameters[`${name}.${layer}.bias`],
    );

  const hidden = normalise(convolve(tf.relu(x), 'conv3', 1), `${name}.bn`, { relu: true });
  return tf.add(x, convolve(hidden, 'conv1', 0));
}

/** The outputs of an autoencoder for a batch. */
interface AutoencoderOutput {
  /** [n, latent size] */
  readonly latents: tf.Tensor2D;
  /** [n, numbers in an image], in [−1, 1] */
  readonly reconstructions: tf.Tensor2D;
}

/**
 * A network that turns images into latents, [n, latent size], and latents into images. Images are [n, numbers in an
 * image].
 */
export interface Autoencoder {
  readonly latentSize: number;
  /** Fresh variables, drawn from a generator. */
  init(random: Random): Variables;
  /** Training mode: as `forward` of a classifier. */
  forward(parameters: Parameters, images: tf.Tensor2D): AutoencoderOutput & { readonly batchStatistics: Parameters };
  /** Evaluation mode. */
  encode(variables: Variables, images: tf.Tensor2D): tf.Tensor2D;
  /** Evaluation mode. */
  decode(variables: Variables, latents: tf.Tensor2D): tf.Tensor2D;
}

/** Of the convolutions that halve or double the side. */
const kernel = 4;
const stride = 2;
const padding = 1;

/**
 * The convolutional autoencoder of the hybrid (paper, section 3.3 and appendix): three convolutions that halve the
 * side, two residual blocks, and their mirror image. Images are in [−1, 1], row-major [height, width, channel].
 * Parameters have PyTorch's names; convolutions are laid out [kernel height, kernel width, in, out], transposed ones
 * [kernel height, kernel width, out, in].
 *
 * @throws RangeError if an image's sides are not multiples of 8
 */
export function autoencoder({ imageShape, filters }: AutoencoderOptions): Autoencoder {
  const [height, width, channels] = imageShape;
  const [rows, columns] = latentShape({ imageShape, filters });
  const latentSize = rows * columns * filters;

  const encode = (parameters: Parameters, normalise: Normalise, images: tf.Tensor2D): tf.Tensor2D => {
    const weight = (name: string) => parameters[`${name}.weight`] as tf.Tensor4D;
    const block = (x: tf.Tensor4D, name: string) => residualBlock(name, parameters, normalise, x);
    let x: tf.Tensor4D = tf.reshape(images, [images.shape[0], height, width, channels]);
    x = normalise(conv2d(x, weight('encoder.0'), stride, padding), 'encoder.1', { relu: true });
    x = normalise(conv2d(x, weight('encoder.3'), stride, padding), 'encoder.4', { relu: true });
    x = normalise(conv2d(x, weight('encoder.6'), stride, padding), 'encoder.7', { relu: true });
    x = block(normalise(block(x, 'encoder.9'), 'encoder.10'), 'encoder.11');
    return tf.reshape(x, [images.shape[0], latentSize]);
  };

  const decode = (parameters: Parameters, normalise: Normalise, latents: tf.Tensor2D): tf.Tensor2D => {
    const weight = (name: string) => parameters[`${name}.weight`] as tf.Tensor4D;
    const block = (x: tf.Tensor4D, name: string) => residualBlock(name, parameters, normalise, x);
    let x: tf.Tensor4D = tf.reshape(latents, [latents.shape[0], rows, columns, filters]);
    x = block(normalise(block(x, 'decoder.0'), 'decoder.1'), 'decoder.2');
    x = normalise(x, 'decoder.3');
    x = normalise(convTranspose2d(x, weight('decoder.4'), stride, padding), 'decoder.5', { relu: true });
    x = normalise(convTranspose2d(x, weight('decoder.7'), stride, padding), 'decoder.8', { relu: true });
    x = tf.tanh(convTranspose2d(x, weight('decoder.10'), stride, padding));
    return tf.reshape(x, [latents.shape[0], height * width * channels]);
  };

  return {
    latentSize,
    init: (random) => initialVariables(channels, filters, random),
    forward(parameters, images) {
      const { normalise, batchStatistics } = batchNormaliser(parameters);
      const latents = encode(parameters, normalise, images);
      return { latents, reconstructions: decode(parameters, normalise, latents), batchStatistics };
    },
    encode: (variables, images) => encode(variables.parameters, runningNormaliser(variables), images),
    decode: (variables, latents) => decode(variables.parameters, runningNormaliser(variables), latents),
  };
}

/** As PyTorch starts them: weights and biases uniform in ±1/√fan_in, batch normalisation as the identity. */
function initialVariables(channels: number, filters: number, random: Random): Variables {
  const parameters: Record<string, tf.Tensor> = {};
  const statistics: Record<string, tf.Tensor> = {};
  const addConvolution = (name: string, side: number, inputs: number, outputs: number) => {
    const weight = symmetricUniform(side * side * inputs * outputs, linearLimit(side * side * inputs), random);
    parameters[`${name}.weight`] = tf.tensor4d(weight, [side, side, inputs, outputs]);
  };
  const addBias = (name: string, fanIn: number) => {
    parameters[`${name}.bias`] = tf.tensor1d(symmetricUniform(filters, linearLimit(fanIn), random));
  };
  const addNormalisation = (name: string) => {
    parameters[`${name}.weight`] = tf.ones([filters]);
    parameters[`${name}.bias`] = tf.zeros([filters]);
    statistics[`${name}.running_mean`] = tf.zeros([filters]);
    statistics[`${name}.running_var`] = tf.ones([filters]);
  };
  const addBlock = (name: string) => {
    addConvolution(`${name}.conv3`, 3, filters, filters);
    addBias(`${name}.conv3`, 9 * filters);
    addNormalisation(`${name}.bn`);
    addConvolution(`${name}.conv1`, 1, filters, filters);
    addBias(`${name}.conv1`, filters);
  };

  addConvolution('encoder.0', kernel, channels, filters);
  addNormalisation('encoder.1');
  addConvolution('encoder.3', kernel, filters, filters);
  addNormalisation('encoder.4');
  addConvolution('encoder.6', kernel, filters, filters);
  addNormalisation('encoder.7');
  addBlock('encoder.9');
  addNormalisation('encoder.10');
  addBlock('encoder.11');
  addBlock('decoder.0');
  addNormalisation('decoder.1');
  addBlock('decoder.2');
  addNormalisation('decoder.3');
  // The fan-in of a transposed convolution is that of the convolution that it transposes.
  addConvolution('decoder.4', kernel, filters, filters);
  addNormalisation('decoder.5');
  addConvolution('decoder.7', kernel, filters, filters);
  addNormalisation('decoder.8');
  addConvolution('decoder.10', kernel, channels, filters);
  return { parameters, statistics };
}
