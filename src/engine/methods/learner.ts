import * as tf from '@tensorflow/tfjs';
import type { Retrieval, RunConfig } from '../../core/config.ts';
import type { ImageSet, ImageView } from '../../core/dataset.ts';
import type { Lasting } from '../../core/checkpoint.ts';
import type { Batch, Task } from '../../core/stream.ts';
import { type ImageSource, asBytes, type PixelRange } from '../data/imageSource.ts';
import type { TracedClimb } from '../latent/ascent.ts';
import type { Candidates, Insertion } from '../retrieval/reservoir.ts';
import type { Classifier } from '../models/classifier.ts';
import { type HostTensor, type ImageRows, numbers, type Output, type OutputsOf } from '../runner/step.ts';
import { crossEntropy } from '../models/losses.ts';
import type { ElboParts } from '../models/vae.ts';
import { look, type Runner } from '../runner/runner.ts';

/** The training images of an experiment as bytes. Its lanes share one object. */
export interface TrainingImages {
  readonly set: ImageSet;
  readonly view: ImageView;
  readonly tasks: readonly Task[];
}

/** The parts from which a learner is made. */
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

/** One retrieval. */
export interface Replay {
  readonly candidates: Candidates;
  readonly used: Retrieval;
  /** Positions of the replayed images among the candidates, [≤ B]. */
  readonly picks: Output;
  /** Only where a trace was asked for. */
  readonly traced: OutputsOf<ScoredCandidates> | null;
}

/** How MIR scores the candidates, in nats, [C] each. */
export interface ScoredCandidates {
  /** l(θ) */
  readonly losses: tf.Tensor1D;
  /** l(θ_v) */
  readonly virtualLosses: tf.Tensor1D;
  /** l* before this step. */
  readonly bestLosses: tf.Tensor1D;
  readonly scores: tf.Tensor1D;
  /** Positions that MIR picks, highest score first, int32 [≤ B]. */
  readonly mirPicks: tf.Tensor1D;
}

/** Losses that only a trace asks for (core/events.ts, StepLosses), in nats, one for each image. */
export interface TracedLosses {
  readonly incoming: {
    readonly before: tf.Tensor1D;
    readonly virtual: tf.Tensor1D | null;
    readonly after: tf.Tensor1D;
  };
  readonly replayed: { readonly before: tf.Tensor1D; readonly after: tf.Tensor1D } | null;
}

/** What only a trace asks for beside losses (core/stepFigures.ts). */
export type TracedFigures =
  | {
      readonly kind: 'constraint';
      /** What each gradient of the past is the mean over. */
      readonly past: readonly { readonly task: number | null; readonly memories: number }[];
      /** ⟨g, g_k⟩, the weights, and ⟨g̃, g_k⟩, [k] each; null without a past. */
      readonly products: tf.Tensor1D | null;
      readonly weights: tf.Tensor1D | null;
      readonly productsAfter: tf.Tensor1D | null;
      /** |g|, |g̃|, and |g_k| of each gradient of the past, [2 + k]. */
      readonly lengths: tf.Tensor1D;
    }
  | {
      readonly kind: 'distillation';
      readonly old: readonly number[];
      /** [incoming, classes] each. */
      readonly targets: tf.Tensor2D;
      readonly answers: tf.Tensor2D;
      /** Loss of each incoming image, of labels and of old answers, [incoming] each. */
      readonly ofLabels: tf.Tensor1D;
      readonly ofAnswers: tf.Tensor1D;
      /** Losses of the exemplars that came along, [n] each; null for none. */
      readonly exemplars: { readonly before: tf.Tensor1D; readonly after: tf.Tensor1D } | null;
    }
  | {
      readonly kind: 'penalty';
      /** The penalty, |∇L|, |λ Ω (θ − θ*)|, |θ − θ*| and the largest Ω, [5]. */
      readonly values: tf.Tensor1D;
    };

/** Images that a decoder made, n ≤ 10 of them. */
export interface DecodedImages {
  /** As bytes, [n, numbers in an image]. */
  readonly pictures: tf.Tensor2D;
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

/** What a traced step of a method with a decoder shows. Pictures are bytes. */
export interface DecodedTrace {
  readonly kind: 'generated' | 'latents';
  readonly used: Retrieval;
  /** What each rule retrieves; null while there is nothing to replay. */
  readonly retrieved: { readonly random: DecodedImages; readonly mir: DecodedImages } | null;
  /** One latent on its ascent, decoded at each point, [points, numbers in an image]; null without an ascent. */
  readonly path: (TracedClimb & { readonly pictures: tf.Tensor2D }) | null;
  /** Fresh draws from the current VAE's prior, decoded, [10, numbers]; null for latents. */
  readonly dreams: tf.Tensor2D | null;
  /** The incoming batch after encoding and decoding, [batch, numbers]. */
  readonly reconstructions: tf.Tensor2D;
}

/** What happened while one batch was learnt, or in one iteration on it. */
export interface Observation {
  /** Loss of each incoming image before the first update, in nats, [batch]. */
  readonly losses: Output;
  /** One per iteration that had candidates. */
  readonly replays: readonly Replay[];
  /** Where a trace was asked for; null also for methods that do not tell. */
  readonly tracedLosses: OutputsOf<TracedLosses> | null;
  /** Where a trace was asked for, of methods that have some. */
  readonly figures?: OutputsOf<TracedFigures> | null;
  /** Of methods with a decoder, where a trace was asked for. */
  readonly decoded: OutputsOf<DecodedTrace> | null;
  /** How many latents were not finite and were replaced, as numbers to add up; only for methods that search latents. */
  readonly replacedLatents: readonly Output[];
}

/** How to learn a batch in one iteration. */
interface Iteration {
  /** The rule to retrieve by; methods that replay nothing ignore it. */
  readonly retrieval: Retrieval;
  /** Whether to also return the scores, which a random retrieval does not need for itself. */
  readonly traced: boolean;
  /** Whether it is the last iteration on this batch, after which the memory takes the batch. */
  readonly last: boolean;
}

/** The result of an evaluation of a few images. */
export interface Evaluation {
  /** The class that each image is taken for, [n]. */
  readonly answers: Output;
  /** Mean cross-entropy in nats, one number. */
  readonly loss: Output;
  /** Parts of each image's −ELBO at β = 1, in nats: all reconstructions, then all KL divergences, [2 n]; only of methods with a VAE. */
  readonly elbo: Output | null;
}

/**
 * A method cannot go on with this stream. The message says why, without a full stop. Its lane stops; the others go on.
 */
export class CannotLearn extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'CannotLearn';
  }
}

/** Progress of the work on a whole task: updates done, and updates in all. */
export interface Preparation {
  readonly done: number;
  readonly total: number;
  /** The loss of the last update, by which the consumer paces the work; null for most updates. */
  readonly loss: Output | null;
}

/** Labels and task numbers of what a memory holds. */
interface Stored {
  /** The training images that it may ask for again, in later tasks; none of a memory that keeps no images. */
  readonly samples: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  readonly tasks: ArrayLike<number>;
}

/**
 * A method: its step function and its memory. It draws the inputs of its steps and hands both to a runner. It neither
 * frees tensors nor waits for numbers, except at the end of a task, where training waits for the evaluation anyway.
 */
export interface Method {
  /**
   * Everything that lasts from one batch to the next, as it is at the end of a task: networks, memory, random numbers,
   * counts. A checkpoint holds it.
   */
  readonly lasting: Lasting;
  /** Empty for methods without a memory. */
  stored(): Stored;
  /**
   * Called before the first batch of each task, for methods that first learn a task as a whole; yields after every
   * update.
   */
  startTask?(batches: readonly Batch[]): Iterable<Preparation>;
  /** One iteration on an incoming batch. */
  readonly learn: (batch: Batch, iteration: Iteration) => Observation;
  /** Called after the last batch of each task, before it is evaluated. */
  finishTask?(): void | Promise<void>;
  evaluate(images: ImageRows): Evaluation;
  /**
   * The probability that it gives each class for images that come as the network sees them, [n, numbers in an image]:
   * [n, classes], row by row. An evaluation names the class with the highest, and its loss is −log of the right one's.
   */
  answer(images: HostTensor<tf.Rank.R2>): Output;
  /** Images before and after encoding and decoding, as bytes, [n, numbers] each; only of methods with a decoder. */
  reconstruct?(images: ImageRows): { readonly originals: Output; readonly reconstructions: Output };
  /** Frees everything. */
  dispose(): void;
}

/** A method at work on a stream. */
export interface Learner extends Omit<Method, 'learn'> {
  /** Learns one incoming batch in as many iterations as the settings say; a trace shows the first of them. */
  observe(batch: Batch, retrieval: Retrieval | null, traced: boolean): Observation;
}

/** Lets a method iterate on each batch. */
export function learnerOf({ learn, ...method }: Method, iterations: number): Learner {
  return {
    ...method,
    observe(batch, retrieval, traced) {
      const [first, ...later] = Array.from({ length: iterations }, (_, index) =>
        learn(batch, {
          retrieval: retrieval ?? 'random',
          traced: traced && index === 0,
          last: index === iterations - 1,
        }),
      );
      for (const { losses } of later) losses.drop();
      const all = [first, ...later];
      return {
        losses: first.losses,
        replays: all.flatMap(({ replays }) => replays),
        tracedLosses: first.tracedLosses,
        figures: first.figures ?? null,
        decoded: first.decoded,
        replacedLatents: all.flatMap(({ replacedLatents }) => replacedLatents),
      };
    },
  };
}

/** The observation of a method that replays nothing from a memory. */
export function withoutReplay(
  losses: Output,
  tracedLosses: Observation['tracedLosses'] = null,
  figures: Observation['figures'] = null,
): Observation {
  return { losses, replays: [], tracedLosses, figures, decoded: null, replacedLatents: [] };
}

/** What a trace tells of a step without a virtual step and without replay. */
export function lossesAround(before: tf.Tensor1D, after: tf.Tensor1D): TracedLosses {
  return { incoming: { before, virtual: null, after }, replayed: null };
}

/** The training images of a batch, for a step. */
export function rowsOf(source: ImageSource, { samples, tasks }: Pick<Batch, 'samples' | 'tasks'>): ImageRows {
  return { kind: 'images', source, samples, tasks };
}

/** Where samples of a batch are stored: a slot and a position in the batch each. */
export interface StoredAt {
  readonly slots: HostTensor<tf.Rank.R2>;
  readonly positions: HostTensor<tf.Rank.R1>;
}

/**
 * Insertions for a step, always as many as the batch is long, so that their shape stays. Unused ones go to an extra
 * slot after the last.
 */
export function storedAt(insertions: readonly Insertion[], batchLength: number, capacity: number): StoredAt {
  const slots = new Int32Array(batchLength).fill(capacity);
  const positions = new Int32Array(batchLength);
  insertions.forEach(({ slot, position }, index) => {
    slots[index] = slot;
    positions[index] = position;
  });
  return { slots: numbers<tf.Rank.R2>(slots, [batchLength, 1]), positions: numbers(positions) };
}

/** The answers of a method to images, given its state; pure functions. */
interface Answers<State> {
  /** Logits, [n, classes], of images, [n, numbers in an image]. */
  readonly classify: (state: State, images: tf.Tensor2D) => tf.Tensor2D;
  /** Parts of each image's −ELBO at β = 1. The same images give the same values. */
  readonly negativeElbo?: (state: State, images: tf.Tensor2D) => ElboParts;
  /** Images after encoding and decoding, [n, numbers in an image]. */
  readonly reconstruct?: (state: State, images: tf.Tensor2D) => tf.Tensor2D;
}

/** The class that each image is taken for, int32 [n], and the mean loss. */
function judged(logits: tf.Tensor2D, labels: tf.Tensor1D): { answers: tf.Tensor1D; loss: tf.Scalar } {
  return {
    answers: tf.argMax<tf.Tensor1D>(logits, 1),
    loss: tf.mean<tf.Scalar>(crossEntropy(logits, labels)),
  };
}

/** The steps by which a method is evaluated; they only look at its state. */
export function evaluated<State>(
  runner: Runner<State>,
  { classify, negativeElbo, reconstruct }: Answers<State>,
): Pick<Method, 'evaluate' | 'answer' | 'reconstruct'> {
  const evaluation = look<State, ImageRows, EvaluationTensors>('evaluate', (state, { images, labels }) => {
    const elbo = negativeElbo?.(state, images);
    return {
      ...judged(classify(state, images), labels),
      elbo: elbo === undefined ? null : (tf.stack([elbo.reconstruction, elbo.kl]) as tf.Tensor2D),
    };
  });
  const evaluate = (images: ImageRows) => runner.run(evaluation, images);
  const answering = look<State, HostTensor<tf.Rank.R2>, tf.Tensor2D>('answer', (state, images) =>
    tf.softmax(classify(state, images)),
  );
  const answer = (images: HostTensor<tf.Rank.R2>) => runner.run(answering, images);
  if (reconstruct === undefined) return { evaluate, answer };

  const reconstruction = (range: PixelRange) =>
    look<State, ImageRows, ReconstructionTensors>('reconstruct', (state, { images }) => ({
      originals: asBytes(images, range),
      reconstructions: asBytes(reconstruct(state, images), range),
    }));
  return { evaluate, answer, reconstruct: (images) => runner.run(reconstruction(images.source.range), images) };
}

interface ReconstructionTensors {
  readonly originals: tf.Tensor2D;
  readonly reconstructions: tf.Tensor2D;
}

interface EvaluationTensors {
  readonly answers: tf.Tensor1D;
  readonly loss: tf.Scalar;
  readonly elbo: tf.Tensor2D | null;
}
