import * as tf from '@tensorflow/tfjs';
import type { FoundLatents } from '../latent/searchLatents.ts';
import { crossEntropy } from '../models/crossEntropy.ts';
import type { DecodedImages, DecodedTrace } from './learner.ts';

/** Images of each retrieval that a trace shows. */
const shownImages = 10;

/** The networks as they stand before the classifier learns the batch. */
export interface TracedNetworks {
  /** Images to logits: the previous classifier, the current one, and that after the virtual step. */
  readonly previous: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly current: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly virtual: (images: tf.Tensor2D) => tf.Tensor2D;
  /** The previous decoder. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
}

/**
 * What a traced step shows of the retrieval: the first images of both rules, and the path of one latent with the
 * interference that its objective raises.
 *
 * @param starts draws from the prior, [m, dimensions]
 * @param found where they climb to; null where nothing is searched, so that MIR replays the draws too
 */
export function traceRetrieval(
  networks: TracedNetworks,
  starts: tf.Tensor2D,
  found: FoundLatents | null,
): Pick<DecodedTrace, 'retrieved' | 'path'> {
  return {
    retrieved: { random: describe(networks, starts), mir: describe(networks, found?.latents ?? starts) },
    path: found && { images: networks.decode(found.path), interference: found.interference() },
  };
}

function describe({ previous, current, virtual, decode }: TracedNetworks, latents: tf.Tensor2D): DecodedImages {
  const [count, dimensions] = latents.shape;
  const images = decode(tf.slice2d(latents, [0, 0], [Math.min(count, shownImages), dimensions]));
  const probabilities = tf.softmax(previous(images));
  const labels = tf.argMax<tf.Tensor1D>(probabilities, 1);
  return {
    images,
    labels,
    confidences: tf.max(probabilities, 1),
    tasks: null,
    lossesBefore: crossEntropy(current(images), labels),
    lossesAfter: crossEntropy(virtual(images), labels),
  };
}

