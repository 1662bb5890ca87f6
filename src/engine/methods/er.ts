import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import { randomStream } from '../../core/random.ts';
import { type Lasting, lastingParts } from '../../core/checkpoint.ts';
import type { Batch } from '../../core/stream.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import {
  insertBestLosses,
  lowerBestLosses,
  noBestLosses,
  type MirOutput,
  retrieveMir,
  retrieveRandom,
} from '../retrieval/mir.ts';
import { drawCandidates, Reservoir } from '../retrieval/reservoir.ts';
import { gradientOf, logitsAndGradient, lossOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { crossEntropy } from '../models/losses.ts';
import { mapParameters, type Parameters, sgdStep, tidy } from '../models/parameters.ts';
import { Runner } from '../runner/runner.ts';
import { type HostTensor, type ImageRows, numbers, type Step } from '../runner/step.ts';
import {
  evaluated,
  type LearnerInput,
  type Method,
  rowsOf,
  type ScoredCandidates,
  storedAt,
  type StoredAt,
  type TracedLosses,
} from './learner.ts';

/** Memories that are learnt again. */
interface Memories extends LabelledTensors {
  /** The logits with which each was stored, [n, classes]; only of methods that keep them. */
  readonly storedLogits: tf.Tensor2D | null;
}

/** A term of the loss of what is replayed. */
export interface ReplayTerm {
  readonly weight: number;
  /** Loss of each memory, [n], by its present logits, [n, classes]; the term is their mean. */
  readonly lossesOf: (logits: tf.Tensor2D, memories: Memories) => tf.Tensor1D;
}

/** How a method of experience replay learns: what tells it from the others, and from {@link er}. */
interface ReplayRule {
  /** Part of the names of its steps. */
  readonly name: string;
  /** Whether memories of the current task are candidates, too. */
  readonly drawsCurrentTask: boolean;
  /** Whether the memory keeps the logits that each image had before the step in which it was stored. */
  readonly keepsLogits: boolean;
  /** Which classes the loss of an incoming batch leaves out; null for none. */
  readonly hiding: ClassHiding | null;
  /** The terms of the loss of what is replayed; each has memories of its own. */
  readonly terms: readonly ReplayTerm[];
}

/** Tells of each batch which classes its loss leaves out. */
export interface ClassHiding {
  /** What is added to the logits, [classes]: 0, or for a hidden class so low a number that softmax gives it 0. */
  readonly penalties: (batch: Batch) => Float32Array;
  /** What it remembers of earlier batches. */
  readonly lasting: Lasting;
}

/** Cross-entropy with the label, over all classes. */
export const labelTerm: ReplayTerm = { weight: 1, lossesOf: (logits, { labels }) => crossEntropy(logits, labels) };

interface ReplayState extends Variables {
  /** l* of each slot (memory/bestLosses.ts). */
  readonly best: tf.Tensor1D;
  /** Logits of each slot, [capacity + 1, classes]; only of methods that keep them. The last row belongs to no slot. */
  readonly logits?: tf.Tensor2D;
}

interface ReplayInputs {
  readonly incoming: ImageRows;
  /** {@link ClassHiding.penalties}; null where no class is ever hidden. */
  readonly penalties: HostTensor<tf.Rank.R1> | null;
  /** The candidates of each term; empty where the memory has none. */
  readonly draws: readonly { readonly images: ImageRows; readonly slots: HostTensor<tf.Rank.R1> }[];
  /** Where the batch is stored; null except in the last iteration on it. */
  readonly stored: StoredAt | null;
}

interface ReplayOutputs {
  /** The method's loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** Of each draw: positions among the candidates, and the scores if they were asked for. */
  readonly retrieved: readonly { readonly picks: tf.Tensor1D; readonly traced: ScoredCandidates | null }[];
  readonly tracedLosses: TracedLosses | null;
}

/** Experience replay (ER), and with retrieval `mir` ER-MIR, as the paper has it. */
export function er(input: LearnerInput): Method {
  return experienceReplay(input, {
    name: 'er',
    drawsCurrentTask: false,
    keepsLogits: false,
    hiding: null,
    terms: [labelTerm],
  });
}

/**
 * Learns every batch together with memories. Which ones is the retrieval's matter: with `mir` those of the paper's
 * Algorithm 1. How they are learnt is the rule's. The order is the algorithm's; the gradients of incoming and replayed
 * are added, not averaged, as in the authors' code. Candidates are scored by cross-entropy over all classes, whatever
 * the rule; the virtual step is along the rule's own incoming gradient.
 */
export function experienceReplay({ config, classifier, images, classCount }: LearnerInput, rule: ReplayRule): Method {
  const { learningRate, budget } = config;
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const runner = new Runner(
    (): ReplayState => ({
      ...classifier.init(randomStream(config.seed, 'init')),
      best: noBestLosses(memory.capacity),
      ...(rule.keepsLogits && { logits: tf.zeros([memory.capacity + 1, classCount]) }),
    }),
  );

  /** One iteration. A trace scores the candidates even if the choice is random, and changes nothing. */
  const step = (retrieval: Retrieval, traced: boolean): Step<ReplayState, ReplayInputs, ReplayOutputs> => ({
    name: `${rule.name} ${retrieval}${traced ? ' traced' : ''}`,
    run({ parameters, statistics, best, logits: slotLogits }, { incoming, penalties, draws, stored }) {
      // 1. The gradient of the incoming batch.
      const lossesOf = (logits: tf.Tensor2D) =>
        crossEntropy(penalties === null ? logits : tf.add(logits, penalties), incoming.labels);
      const { losses, gradient, batchStatistics, logits } = logitsAndGradient(
        classifier,
        parameters,
        incoming.images,
        lossesOf,
      );

      // 2, 3. Retrieve from the memory: the first B candidates, or those that the coming update hurts most.
      const retrievals = draws.map(({ slots, images: examples }, index) => {
        const reported = traced && index === 0;
        const bestLosses: tf.Tensor1D | null = retrieval === 'mir' || reported ? tf.gather(best, slots) : null;
        const mir =
          bestLosses &&
          retrieveMir({
            classifier,
            parameters,
            incomingGradient: gradient,
            learningRate,
            candidates: examples,
            bestLosses,
            score: config.retrievalScore,
            budget,
          });
        const chosen = retrieval === 'mir' ? mir : null;
        const picks = chosen?.picks ?? retrieveRandom(slots.size, budget);
        const storedLogits: tf.Tensor2D | null = slotLogits ? tf.gather(slotLogits, tf.gather(slots, picks)) : null;
        const memories = { ...pick(examples, picks), storedLogits };
        const scored = reported && mir ? scoresOf(mir, bestLosses) : null;
        return { slots, picks, memories, lowering: chosen?.losses ?? null, scored };
      });
      const lowered = retrievals.reduce(
        (values, { slots, lowering }) => (lowering === null ? values : lowerBestLosses(values, slots, lowering)),
        best,
      );

      // 4. One step on incoming and retrieved together: θ ← θ − α (g_in + g_mem).
      const replayed = retrievals.map(({ memories }, index) => {
        const { weight, lossesOf: termOf } = rule.terms[index];
        const count = memories.images.shape[0];
        const weights: tf.Tensor1D = tf.fill([count], weight / count);
        return gradientOf(classifier, parameters, memories.images, (made) => termOf(made.logits, memories), weights);
      });
      const memoryGradient = replayed
        .map((term): Parameters | null => term.gradient)
        .reduce((sum, term) => (sum && term ? mapParameters(tf.add, sum, term) : term), null);
      const next = sgdStep(parameters, gradient, learningRate, memoryGradient);

      // 5, in the last iteration: l* and logits of a new slot are those just seen, before the step.
      const fresh = penalties === null ? losses : crossEntropy(logits, incoming.labels);
      const state = {
        parameters: next,
        statistics: replayed
          .slice(1)
          .reduce(
            (moved, term) => moveStatistics(moved, term.batchStatistics),
            moveStatistics(statistics, batchStatistics, replayed.at(0)?.batchStatistics),
          ),
        best: stored === null ? lowered : insertBestLosses(lowered, stored, fresh),
        ...(slotLogits && { logits: stored === null ? slotLogits : insertLogits(slotLogits, stored, logits) }),
      };
      const retrieved = retrievals.map(({ picks, scored }) => ({ picks, traced: scored }));
      if (!traced) return { state, outputs: { losses, retrieved, tracedLosses: null } };

      const incomingAt = (theta: Parameters) => tidy(() => lossesOf(classifier.logits(theta, incoming.images)));
      const first = retrievals.at(0)?.memories ?? null;
      const tracedLosses: TracedLosses = {
        incoming: {
          before: losses,
          virtual: first && incomingAt(sgdStep(parameters, gradient, learningRate)),
          after: incomingAt(next),
        },
        replayed: first && { before: lossOf(classifier, parameters, first), after: lossOf(classifier, next, first) },
      };
      return { state, outputs: { losses, retrieved, tracedLosses } };
    },
  });

  return {
    lasting: lastingParts({
      state: runner,
      memory,
      retrieval: retrievalRandom,
      ...(rule.hiding && { hiding: rule.hiding.lasting }),
    }),
    stored: () => memory.contents(),
    learn(batch, { retrieval, traced, last }) {
      const except = rule.drawsCurrentTask ? null : batch.tasks[0];
      const drawn = rule.terms.flatMap(() => drawCandidates(memory, except, config.candidates, retrievalRandom) ?? []);
      const penalties = rule.hiding && numbers(rule.hiding.penalties(batch));
      // 5. Offer the batch to the memory, after all iterations on it.
      const stored = last ? storedAt(memory.add(batch), batch.samples.length, memory.capacity) : null;
      const { losses, retrieved, tracedLosses } = runner.run(step(retrieval, traced), {
        incoming: rowsOf(images, batch),
        penalties,
        draws: drawn.map((candidates) => ({ images: rowsOf(images, candidates), slots: numbers(candidates.slots) })),
        stored,
      });
      return {
        losses,
        replays: drawn.map((candidates, index) => ({ candidates, used: retrieval, ...retrieved[index] })),
        tracedLosses,
        decoded: null,
        replacedLatents: [],
      };
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}

function pick(examples: LabelledTensors, positions: tf.Tensor1D): LabelledTensors {
  return { images: tf.gather(examples.images, positions), labels: tf.gather(examples.labels, positions) };
}

function scoresOf({ losses, virtualLosses, scores, picks }: MirOutput, bestLosses: tf.Tensor1D): ScoredCandidates {
  return { losses, virtualLosses, bestLosses, scores, mirPicks: picks };
}

/** Puts the logits of newly stored samples in place; see {@link insertBestLosses}. */
function insertLogits(
  slotLogits: tf.Tensor2D,
  { slots, positions }: { readonly slots: tf.Tensor2D; readonly positions: tf.Tensor1D },
  logits: tf.Tensor2D,
): tf.Tensor2D {
  return tf.tensorScatterUpdate(slotLogits, slots, tf.gather(logits, positions));
}
