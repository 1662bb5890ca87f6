import type * as tf from '@tensorflow/tfjs';
import type { Retrieval, ScoreName } from '../../core/config.ts';
import type { Batch } from '../../core/stream.ts';
import type { Candidates, Insertion } from '../memory/reservoir.ts';
import type { Evaluation, TrainingImages } from '../methods/learner.ts';
import type { Parameters } from '../models/parameters.ts';
import type { HostTensor, ImageRows, Output } from '../runner/step.ts';

/** What a form has learnt. */
export interface FormState {
  /** θ, as models/mlp.ts names and lays it out. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  /** l* of each slot. */
  readonly best: Float32Array;
}

/** The settings from which a form is made. */
export interface FormSettings {
  /** θ at the start, as models/mlp.ts names it; freed once the form is made. */
  readonly initial: Parameters;
  /** C; 0 where nothing is replayed. */
  readonly candidates: number;
  /** B */
  readonly budget: number;
  /** Slots of the memory. */
  readonly capacity: number;
  readonly score: ScoreName;
  /** α */
  readonly learningRate: number;
  /** Iterations on one batch. */
  readonly iterations: number;
}

/** The settings of a form, with its data and its widths. */
export interface FormInput extends FormSettings {
  readonly training: TrainingImages;
  /** Widths from the input to the logits. */
  readonly layers: readonly number[];
}

/**
 * A perceptron in a form of our own: its parameters, l* of each slot (memory/bestLosses.ts), and the operations of
 * Algorithm 1. A form may carry them out at once, or collect them until {@link finishBatch}. The outputs of an
 * iteration are asked for before the next one begins.
 */
export interface PerceptronForm {
  /** Begins an iteration: passes the incoming batch and the first `count` candidates through the network, to their losses. */
  forward(incoming: Batch, candidates: Candidates | null, count: number): void;
  /** g_in, which serves the virtual step and the real one. */
  backwardIncoming(): void;
  /** Passes the candidates through the network at θ_v = θ − α g_in, to their losses. */
  virtualForward(): void;
  /** l(θ_v) − l(θ) of each candidate, or l(θ_v) − min(l(θ), l*). */
  score(): void;
  /** Finds the B highest scores. */
  rank(): void;
  /** Lowers l* of the candidates to l(θ) where that is lower. */
  lowerBestLosses(): void;
  /** g_mem of the first B candidates, or with `mir` of those with the highest scores. */
  backwardReplayed(retrieval: Retrieval): void;
  /** θ ← θ − α (g_in + g_mem) */
  update(): void;
  /**
   * Only of a traced iteration, before {@link score}: notes l* of the candidates. Changes nothing else.
   */
  noteBestLosses(): void;
  /** Only of a traced iteration, before {@link update}: passes the incoming batch through the network at θ_v. */
  virtualIncoming(): void;
  /** Only of a traced iteration, after {@link update}: passes the images that it learnt through the network again. */
  lookAgain(): void;
  /**
   * Starts l* of newly stored samples at their loss in the last iteration. By the end of this call, everything that was
   * asked for on this batch is under way.
   */
  finishBatch(insertions: readonly Insertion[]): void;

  /** Loss of each incoming image, in nats. */
  losses(): Output;
  /** Score of each candidate. */
  scores(): Output;
  /** l(θ), l(θ_v) and l* of each candidate, in nats; the last after {@link noteBestLosses}. */
  candidateLosses(): { readonly losses: Output; readonly virtualLosses: Output; readonly bestLosses: Output };
  /** Loss of each incoming image at θ_v, in nats, after {@link virtualIncoming}. */
  virtualIncomingLosses(): Output;
  /** Loss of each incoming image after the step, in nats; after {@link lookAgain}. */
  incomingAfter(): Output;
  /** Loss of each replayed image before and after the step, in nats; after {@link lookAgain}. */
  replayedAround(): { readonly before: Output; readonly after: Output };
  /** Positions of the B highest scores among the candidates, highest first. */
  highest(): Output;

  evaluate(rows: ImageRows): Evaluation;
  /** Probability of each class, [n, classes], of images, [n, numbers in an image]. */
  answer(images: HostTensor<tf.Rank.R2>): Output;
  /** A copy of what it has learnt, as it is now; the copy may arrive later. */
  save(): Promise<FormState>;
  /** Takes what {@link save} gave. */
  restore(state: FormState): void;
  /** Frees everything. */
  dispose(): void;
}
