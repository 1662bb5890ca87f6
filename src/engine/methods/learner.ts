import type * as tf from '@tensorflow/tfjs';
import type { Retrieval, RunConfig } from '../config.ts';
import type { ImageSet } from '../data/dataset.ts';
import type { ImageSource, ImageView } from '../data/imageSource.ts';
import type { Batch, Task } from '../data/stream.ts';
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
  readonly classCount: number;
  readonly taskCount: number;
}

/** The candidates of one retrieval, as they stood in the memory. */
export interface Candidates {
  readonly slots: Int32Array;
  readonly samples: Int32Array;
  readonly labels: Int32Array;
  readonly tasks: Int32Array;
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

/** What happened while one batch was learnt. Its tensors belong to whoever called `observe`. */
export interface Observation {
  /** Loss of each incoming image before the first update, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** One per iteration that had candidates. */
  readonly replays: readonly Replay[];
}

/** A method at work: parameters, and a memory if it has one. */
export interface Learner {
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
  /** Frees all tensors. */
  dispose(): void;
}
