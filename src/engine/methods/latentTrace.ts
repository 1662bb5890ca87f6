import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../config.ts';
import { lossOf } from '../models/lossGradient.ts';
import type { Parameters } from '../models/parameters.ts';
import { interferenceOf, type LatentInterference } from '../retrieval/hybridMir.ts';
import type { DecodedImages, DecodedTrace } from './learner.ts';

/** Images of each retrieval that a trace shows. */
const shownCount = 10;

/** What a step of the hybrid retrieved, or would have. */
export interface LatentSearch {
  readonly used: Retrieval;
  /** The classifier before the step. */
  readonly parameters: Parameters;
  readonly interference: LatentInterference;
  /** The incoming batch encoded, and where its ascent led, [P, latent size] each. */
  readonly start: tf.Tensor2D;
  readonly found: tf.Tensor2D;
  /** Latents, labels and tasks of the candidates. */
  readonly candidates: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
  readonly tasks: tf.Tensor1D;
  /** Positions among the candidates. */
  readonly picks: Readonly<Record<Retrieval, tf.Tensor1D>>;
  /** The incoming batch after encoding and decoding. */
  readonly reconstructions: tf.Tensor2D;
}

/** The first images of each retrieval, and the ascent of the first incoming image. Call it inside a tidy. */
export function latentTrace(search: LatentSearch): DecodedTrace {
  const { interference, start, found } = search;
  const firstOf = (points: tf.Tensor2D) => tf.slice(points, [0, 0], [1, points.shape[1]]);
  return {
    kind: 'latents',
    used: search.used,
    retrieved: { random: shown(search, search.picks.random), mir: shown(search, search.picks.mir) },
    path: {
      images: interference.decode(tf.concat([firstOf(start), firstOf(found)])),
      interference: tf.concat1d([start, found].map((points) => tf.slice1d(interferenceOf(interference, points), 0, 1))),
    },
    dreams: null,
    reconstructions: search.reconstructions,
  };
}

function shown({ interference, parameters, candidates, labels, tasks }: LatentSearch, picks: tf.Tensor1D): DecodedImages {
  const { classifier, virtual, decode } = interference;
  const first = tf.slice1d(picks, 0, Math.min(shownCount, picks.size));
  const examples = { images: decode(tf.gather(candidates, first)), labels: tf.gather(labels, first) };
  return {
    ...examples,
    confidences: null,
    tasks: tf.gather(tasks, first),
    lossesBefore: lossOf(classifier, parameters, examples),
    lossesAfter: lossOf(classifier, virtual, examples),
  };
}
