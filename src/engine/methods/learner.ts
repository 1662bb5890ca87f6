import type * as tf from '@tensorflow/tfjs';
import type { Retrieval, RunConfig } from '../../core/config.ts';
import type { ImageSet, ImageView } from '../../core/dataset.ts';
import type { Batch, Task } from '../../core/stream.ts';
import type { ImageSource } from '../data/imageSource.ts';
import type { Candidates } from '../memory/reservoir.ts';
import type { Classifier } from '../models/classifier.ts';

/** The training images of an experiment as bytes. Its lanes share one object. */
export interface TrainingImages {
  readonly set: ImageSet;
  readonly view: ImageView;
  readonly tasks: readonly Task[];
}

/** What a learner is made of. */
export interface LearnerInput {
  readonly config: RunConfig;
  readonly classifier: Classifier;
  /** Training images as the scenario shows them. */
  readonly images: ImageSource;
  /** The same as bytes, for a learner that keeps them on the device. */
  readonly training?: TrainingImages;
  /** Height, width, channels. */
  readonly imageShape: readonly [number, number, number];
  readonly classCount: number;
  readonly taskCount: number;
}

/** One retrieval. Its tensors belong to whoever called `observe`. */
export interface Replay {
  readonly candidates: Candidates;
  readonly used: Retrieval;
  /** Positions of the replayed among the candidates, int32 [≤ B]. */
  readonly picks: tf.Tensor1D;
  /** Scores, [C], and the positions that MIR picks, int32 [≤ B]; only where a trace was asked for. */
  readonly traced: { readonly scores: tf.Tensor1D; readonly mirPicks: tf.Tensor1D } | null;
}

/** Images that a decoder made, n ≤ 10 of them, as the network sees images. */
export interface DecodedImages {
  /** [n, numbers in an image] */
  readonly images: tf.Tensor2D;
  /** Class of each, int32 [n]. */
  readonly labels: tf.Tensor1D;
  /** Probability of that class by the previous classifier, [n]; null where labels come from the memory. */
  readonly confidences: tf.Tensor1D | null;
  /** Task of each, int32 [n]; null for images that were made up. */
  readonly tasks: tf.Tensor1D | null;
  /** Cross-entropy against the label before and after the virtual step, in nats, [n] each. */
  readonly lossesBefore: tf.Tensor1D;
  readonly lossesAfter: tf.Tensor1D;
}

/** What a traced step of a method with a decoder shows. Its tensors belong to whoever called `observe`. */
export interface DecodedTrace {
  readonly kind: 'generated' | 'latents';
  readonly used: Retrieval;
  /** What each rule retrieves; null while there is nothing to replay. */
  readonly retrieved: { readonly random: DecodedImages; readonly mir: DecodedImages } | null;
  /**
   * One latent on its ascent: decoded at each point, [points, numbers in an image], and the interference there,
   * [points]; null without an ascent.
   */
  readonly path: { readonly images: tf.Tensor2D; readonly interference: tf.Tensor1D } | null;
  /** Fresh draws from the current VAE's prior, decoded, [10, numbers]; null for latents. */
  readonly dreams: tf.Tensor2D | null;
  /** The incoming batch after encoding and decoding, [batch, numbers]. */
  readonly reconstructions: tf.Tensor2D;
}

/** What happened while one batch was learnt. Its tensors belong to whoever called `observe`. */
export interface Observation {
  /** Loss of each incoming image before the first update, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** One per iteration that had candidates. */
  readonly replays: readonly Replay[];
  /** Of methods with a decoder, where a trace was asked for. */
  readonly decoded?: DecodedTrace | null;
  /** How many latents were not finite and were replaced, a scalar; only of methods that search latents. */
  readonly replacedLatents?: tf.Scalar | null;
}

/** Where work on a whole task stands: updates done, of all. */
export interface Preparation {
  readonly done: number;
  readonly total: number;
}

/** A method at work: parameters, and a memory if it has one. */
export interface Learner {
  /**
   * Called before the first batch of each task, with all of the task's batches, by methods that learn a task as a
   * whole first; yields after every update.
   */
  startTask?(batches: readonly Batch[]): AsyncIterable<Preparation>;
  /** Labels and task numbers of what the memory holds; empty for methods without one. */
  stored(): { readonly labels: ArrayLike<number>; readonly tasks: ArrayLike<number> };
  /**
   * Learns one incoming batch.
   *
   * @param retrieval the rule to retrieve by; ignored by methods that replay nothing
   * @param traced whether to also return the scores, which a random retrieval does not need for itself
   */
  observe(batch: Batch, retrieval: Retrieval | null, traced: boolean): Observation | Promise<Observation>;
  /** Called after the last batch of each task, before it is evaluated. */
  finishTask?(): Promise<void>;
  /** Logits, [n, classes], of images, [n, numbers in an image]. */
  classify(images: tf.Tensor2D): tf.Tensor2D;
  /** Parts of each image's −ELBO at β = 1, in nats, [n] each; only of methods with a VAE. The same images give the same values. */
  negativeElbo?(images: tf.Tensor2D): { readonly reconstruction: tf.Tensor1D; readonly kl: tf.Tensor1D };
  /** Images after encoding and decoding, [n, numbers in an image]; only of methods with a decoder. */
  reconstruct?(images: tf.Tensor2D): tf.Tensor2D;
  /** Frees all tensors. */
  dispose(): void;
}
