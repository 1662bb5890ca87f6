import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import { randomStream } from '../../core/random.ts';
import { lastingParts } from '../../core/checkpoint.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import { insertBestLosses, lowerBestLosses, noBestLosses } from '../memory/bestLosses.ts';
import { drawCandidates, Reservoir } from '../memory/reservoir.ts';
import { lossAndGradient, lossOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { type Parameters, sgdStep } from '../models/parameters.ts';
import { retrieveMir } from '../retrieval/mir.ts';
import { retrieveRandom } from '../retrieval/random.ts';
import { Runner } from '../runner/runner.ts';
import { type HostTensor, type ImageRows, numbers, type Step } from '../runner/step.ts';
import { evaluated } from './evaluate.ts';
import {
  type LearnerInput,
  type Method,
  rowsOf,
  type ScoredCandidates,
  storedAt,
  type StoredAt,
  type TracedLosses,
} from './learner.ts';

interface ErState extends Variables {
  /** l* of each slot (memory/bestLosses.ts). */
  readonly best: tf.Tensor1D;
}

interface ErInputs {
  readonly incoming: ImageRows;
  /** Null where the memory holds nothing of another task. */
  readonly candidates: { readonly images: ImageRows; readonly slots: HostTensor<tf.Rank.R1> } | null;
  /** Where the batch is stored; null except in the last iteration on it. */
  readonly stored: StoredAt | null;
}

interface ErOutputs {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** Positions among the candidates, and the scores if they were asked for; null if nothing is replayed. */
  readonly retrieved: { readonly picks: tf.Tensor1D; readonly traced: ScoredCandidates | null } | null;
  readonly tracedLosses: TracedLosses | null;
}

/**
 * Experience replay (ER), and with retrieval `mir` ER-MIR (paper, Algorithm 1). The order is the algorithm's; the two
 * gradients are added, not averaged, as in the authors' code.
 */
export function er({ config, classifier, images, classCount }: LearnerInput): Method {
  const { learningRate, budget } = config;
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const runner = new Runner((): ErState => ({
    ...classifier.init(randomStream(config.seed, 'init')),
    best: noBestLosses(memory.capacity),
  }));

  /** One iteration. A trace scores the candidates even if the choice is random, and changes nothing. */
  const step = (retrieval: Retrieval, traced: boolean): Step<ErState, ErInputs, ErOutputs> => ({
    name: `er ${retrieval}${traced ? ' traced' : ''}`,
    run({ parameters, statistics, best }, { incoming, candidates, stored }) {
      // 1. The gradient of the incoming batch.
      const { losses, gradient, batchStatistics } = lossAndGradient(classifier, parameters, incoming);
      // 5, in the last iteration: l* of a new slot is the loss just seen.
      const insert = (values: tf.Tensor1D) => (stored === null ? values : insertBestLosses(values, stored, losses));
      if (candidates === null) {
        const next = {
          parameters: sgdStep(parameters, gradient, learningRate),
          statistics: moveStatistics(statistics, batchStatistics),
          best: insert(best),
        };
        const tracedLosses = traced ? lossesAround(losses, next.parameters, incoming) : null;
        return { state: next, outputs: { losses, retrieved: null, tracedLosses } };
      }

      // 2, 3. Retrieve from the memory: the first B candidates, or those that the coming update hurts most.
      const { slots, images: examples } = candidates;
      const randomPicks = retrieveRandom(slots.size, budget);
      const bestLosses: tf.Tensor1D | null = retrieval === 'mir' || traced ? tf.gather(best, slots) : null;
      const mir =
        bestLosses !== null
          ? retrieveMir({
              classifier,
              parameters,
              incomingGradient: gradient,
              learningRate,
              candidates: examples,
              bestLosses,
              score: config.retrievalScore,
              budget,
            })
          : null;
      const chosen = retrieval === 'mir' ? mir : null;
      const picks = chosen?.picks ?? randomPicks;
      const lowered = chosen === null ? best : lowerBestLosses(best, slots, chosen.losses);

      // 4. One step on incoming and retrieved together: θ ← θ − α (g_in + g_mem).
      const retrieved = pick(examples, picks);
      const replayed = lossAndGradient(classifier, parameters, retrieved);
      const next = sgdStep(parameters, gradient, learningRate, replayed.gradient);
      const state = {
        parameters: next,
        statistics: moveStatistics(statistics, batchStatistics, replayed.batchStatistics),
        best: insert(lowered),
      };
      if (!traced || mir === null || bestLosses === null) {
        return { state, outputs: { losses, retrieved: { picks, traced: null }, tracedLosses: null } };
      }
      const { virtualLosses, scores } = mir;
      const around = lossesAround(losses, next, incoming);
      const virtual = lossOf(classifier, sgdStep(parameters, gradient, learningRate), incoming);
      return {
        state,
        outputs: {
          losses,
          retrieved: { picks, traced: { losses: mir.losses, virtualLosses, bestLosses, scores, mirPicks: mir.picks } },
          tracedLosses: {
            incoming: { ...around.incoming, virtual },
            replayed: { before: replayed.losses, after: lossOf(classifier, next, retrieved) },
          },
        },
      };
    },
  });

  /** What a trace tells of a step that replays nothing. */
  function lossesAround(before: tf.Tensor1D, next: Parameters, incoming: LabelledTensors): TracedLosses {
    return { incoming: { before, virtual: null, after: lossOf(classifier, next, incoming) }, replayed: null };
  }

  return {
    lasting: lastingParts({ state: runner, memory, retrieval: retrievalRandom }),
    stored: () => memory.contents(),
    learn(batch, { retrieval, traced, last }) {
      const drawn = drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom);
      // 5. Offer the batch to the memory, after all iterations on it.
      const stored = last ? storedAt(memory.add(batch), batch.samples.length, memory.capacity) : null;
      const { losses, retrieved, tracedLosses } = runner.run(step(retrieval, traced), {
        incoming: rowsOf(images, batch),
        candidates: drawn && { images: rowsOf(images, drawn), slots: numbers(drawn.slots) },
        stored,
      });
      return {
        losses,
        replays: drawn && retrieved ? [{ candidates: drawn, used: retrieval, ...retrieved }] : [],
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
