import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import { randomStream } from '../../core/random.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import { BestLosses } from '../memory/bestLosses.ts';
import { type Candidates, drawCandidates, Reservoir } from '../memory/reservoir.ts';
import { disposeVariables, lossAndGradient, moveStatistics, type Variables } from '../models/classifier.ts';
import { addGradients, type Parameters, sgdStep, tidy } from '../models/parameters.ts';
import { retrieveMir } from '../retrieval/mir.ts';
import { retrieveRandom } from '../retrieval/random.ts';
import type { Learner, LearnerInput, Replay } from './learner.ts';

/**
 * Experience replay (ER), and with retrieval `mir` ER-MIR (paper, Algorithm 1). The order of the steps is
 * the algorithm's; the sum of the two gradients is not averaged (design, section 3).
 */
export function er({ config, classifier, images, classCount }: LearnerInput): Learner {
  const { learningRate, budget } = config;
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const bestLosses = new BestLosses(memory.capacity);
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  let variables: Variables = tidy(() => classifier.init(randomStream(config.seed, 'init')));

  /** Chooses B of the candidates. A trace scores them even where the choice is random, and changes nothing. */
  function retrieve(drawn: Candidates, incomingGradient: Parameters, retrieval: Retrieval, traced: boolean) {
    const candidates = images(drawn.samples, drawn.tasks);
    const randomPicks = retrieveRandom(drawn.slots.length, budget);
    if (retrieval === 'random' && !traced) return { candidates, picks: randomPicks, traced: null };
    const slots = tf.tensor1d(drawn.slots, 'int32');
    const mir = retrieveMir({
      classifier,
      parameters: variables.parameters,
      incomingGradient,
      learningRate,
      candidates,
      bestLosses: bestLosses.of(slots),
      score: config.retrievalScore,
      budget,
    });
    if (retrieval === 'mir') bestLosses.lower(slots, mir.losses);
    return {
      candidates,
      picks: retrieval === 'mir' ? mir.picks : randomPicks,
      traced: traced ? { scores: mir.scores, mirPicks: mir.picks.clone() } : null,
    };
  }

  return {
    stored: () => ({ labels: memory.labels.subarray(0, memory.size), tasks: memory.tasks.subarray(0, memory.size) }),
    observe(batch, retrieval, traced) {
      const replays: Replay[] = [];
      const lossesByIteration: tf.Tensor1D[] = [];
      for (let iteration = 0; iteration < config.iterations; iteration++) {
        const drawn = drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom);
        const used = retrieval ?? 'random';
        const step = tidy(() => {
          const { parameters, statistics } = variables;
          // 1. The gradient of the incoming batch.
          const incoming = lossAndGradient(classifier, parameters, images(batch.samples, batch.tasks));
          const { losses, gradient } = incoming;
          const moved = moveStatistics(statistics, incoming.batchStatistics);
          if (drawn === null) {
            return {
              losses,
              next: { parameters: sgdStep(parameters, gradient, learningRate), statistics: moved },
              retrieved: null,
            };
          }

          // 2, 3. Retrieve from the memory.
          const { candidates, picks, traced: trace } = retrieve(drawn, gradient, used, traced && iteration === 0);

          // 4. One step on incoming and retrieved together: θ ← θ − α (g_in + g_mem).
          const replayed = lossAndGradient(classifier, parameters, pick(candidates, picks));
          const next: Variables = {
            parameters: sgdStep(parameters, addGradients(gradient, replayed.gradient), learningRate),
            statistics: moveStatistics(moved, replayed.batchStatistics),
          };
          return { losses, next, retrieved: { picks, traced: trace } };
        });
        disposeVariables(variables);
        variables = step.next;
        lossesByIteration.push(step.losses);
        if (drawn !== null && step.retrieved !== null) replays.push({ candidates: drawn, used, ...step.retrieved });
      }
      // 5. Offer the batch to the memory; a new slot's l* is the loss just seen.
      const latest = lossesByIteration[lossesByIteration.length - 1];
      bestLosses.insert(memory.add(batch), latest);
      const [losses, ...later] = lossesByIteration;
      tf.dispose(later);
      return { losses, replays };
    },
    classify: (batch) => classifier.classify(variables, batch).logits,
    dispose() {
      disposeVariables(variables);
      bestLosses.dispose();
    },
  };
}

function pick(examples: LabelledTensors, positions: tf.Tensor1D): LabelledTensors {
  return { images: tf.gather(examples.images, positions), labels: tf.gather(examples.labels, positions) };
}
