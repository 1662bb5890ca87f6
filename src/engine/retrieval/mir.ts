import * as tf from '@tensorflow/tfjs';
import type { ScoreName } from '../../core/config.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import { type Classifier, lossOf } from '../models/classifier.ts';
import { type Parameters, sgdStep, tidy } from '../models/parameters.ts';

/** The inputs of Maximally Interfered Retrieval. */
interface MirInput {
  readonly classifier: Classifier;
  /** θ */
  readonly parameters: Parameters;
  /** ∇L(θ; incoming) */
  readonly incomingGradient: Parameters;
  /** α */
  readonly learningRate: number;
  /** The C candidates, drawn at random from the memory. */
  readonly candidates: LabelledTensors;
  /** l* of each candidate, [C]: the lowest loss it has had. */
  readonly bestLosses: tf.Tensor1D;
  readonly score: ScoreName;
  /** B */
  readonly budget: number;
}

/** Scores and choice of one retrieval. */
export interface MirOutput {
  /** l(θ) of each candidate, in nats, [C]. */
  readonly losses: tf.Tensor1D;
  /** l(θ_v) of each candidate, in nats, [C]. */
  readonly virtualLosses: tf.Tensor1D;
  /** s_MI-1 or s_MI-2 of each candidate, [C]. */
  readonly scores: tf.Tensor1D;
  /** Positions of the B highest scores, highest first, int32 [min(B, C)]. */
  readonly picks: tf.Tensor1D;
}

/**
 * Maximally Interfered Retrieval (paper, Algorithm 1, lines 4 to 8): which candidates the coming update
 * is about to hurt most.
 */
export function retrieveMir(input: MirInput): MirOutput {
  const { classifier, parameters, candidates } = input;

  // l(θ) and l(θ_v) of every candidate. A network with batch normalisation scores them by their own batch statistics,
  // and its running statistics stay. In the authors' code those move, too.
  const losses = lossOf(classifier, parameters, candidates);
  const virtualLosses = tidy(() => {
    // θ_v ← θ − α ∇L(θ; incoming): the virtual step, computed and thrown away.
    const virtual = sgdStep(parameters, input.incomingGradient, input.learningRate);
    return lossOf(classifier, virtual, candidates);
  });

  // s_MI-1 = l(θ_v) − l(θ), or s_MI-2 = l(θ_v) − min(l(θ), l*).
  const scores = interference(input.score, losses, virtualLosses, input.bestLosses);

  // The B candidates with the highest scores.
  const { indices } = tf.topk(scores, Math.min(input.budget, scores.size));
  return { losses, virtualLosses, scores, picks: indices };
}

/** s_MI-1 or s_MI-2 of each candidate, [C]. */
function interference(
  score: ScoreName,
  losses: tf.Tensor1D,
  virtualLosses: tf.Tensor1D,
  bestLosses: tf.Tensor1D,
): tf.Tensor1D {
  switch (score) {
    case 'mi1':
      return tf.sub(virtualLosses, losses);
    case 'mi2':
      return tf.sub(virtualLosses, tf.minimum(losses, bestLosses));
    default:
      return score satisfies never;
  }
}

/*
 * The lowest loss seen so far of the sample in each slot: l* of MI-2 (paper, section 3.1), [capacity + 1]. The last
 * entry belongs to no slot. It is part of a learner's state, on the backend, because waiting for losses to be read back
 * would stall training.
 */

/** l* of an empty memory. */
export function noBestLosses(capacity: number): tf.Tensor1D {
  return tf.zeros([capacity + 1]);
}

/** Lowers l* of slots, [n], which are distinct, to the given losses, [n], where those are lower. */
export function lowerBestLosses(best: tf.Tensor1D, slots: tf.Tensor1D, losses: tf.Tensor1D): tf.Tensor1D {
  return tf.tensorScatterUpdate(best, tf.expandDims(slots, 1), tf.minimum(tf.gather(best, slots), losses));
}

/**
 * Starts l* of newly stored samples at their loss as incoming samples.
 *
 * @param slots where they are stored, int32 [n, 1]; distinct except for the entry after the last slot
 * @param positions their positions in the batch, int32 [n]
 * @param incomingLosses [batch]
 */
export function insertBestLosses(
  best: tf.Tensor1D,
  { slots, positions }: { readonly slots: tf.Tensor2D; readonly positions: tf.Tensor1D },
  incomingLosses: tf.Tensor1D,
): tf.Tensor1D {
  return tf.tensorScatterUpdate(best, slots, tf.gather(incomingLosses, positions));
}

/**
 * Random retrieval: the first B of the candidates, which were drawn at random.
 *
 * @returns positions among the candidates, int32 [min(B, C)]
 */
export function retrieveRandom(candidateCount: number, budget: number): tf.Tensor1D {
  return tf.range(0, Math.min(budget, candidateCount), 1, 'int32');
}
