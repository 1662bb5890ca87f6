import * as tf from '@tensorflow/tfjs';
import { initialRetrieval } from '../../core/config.ts';
import { randomStream } from '../../core/random.ts';
import { BestLosses } from '../memory/bestLosses.ts';
import { drawCandidates, Reservoir } from '../memory/reservoir.ts';
import type { Learner, LearnerInput, Replay } from '../methods/learner.ts';
import { type Parameters, tidy } from '../models/parameters.ts';
import { denseStep } from './denseStep.ts';

/**
 * Fine-tuning, ER and ER-MIR of a perceptron by the shorter step (denseStep.ts). It draws the same numbers as the
 * readable learners, methods/fineTune.ts and methods/er.ts, and learns the same.
 */
export function denseLearner({ config, classifier, images, classCount }: LearnerInput): Learner {
  const { learningRate, budget, iterations } = config;
  const replays = initialRetrieval(config.method) !== null;
  const memory = new Reservoir(replays ? config.memoryPerClass * classCount : 0, randomStream(config.seed, 'memory'));
  const bestLosses = new BestLosses(memory.capacity);
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  let parameters: Parameters = tidy(() => classifier.init(randomStream(config.seed, 'init')).parameters);

  return {
    stored: () => ({ labels: memory.labels.subarray(0, memory.size), tasks: memory.tasks.subarray(0, memory.size) }),
    observe(batch, retrieval, traced) {
      const used = retrieval ?? 'random';
      const replayed: Replay[] = [];
      const lossesByIteration: tf.Tensor1D[] = [];
      for (let iteration = 0; iteration < iterations; iteration++) {
        const drawn = replays ? drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom) : null;
        const scoring = used === 'mir' || (traced && iteration === 0);
        const step = tidy(() => {
          // Random retrieval takes the first B: the others need not be looked at.
          const seen = drawn === null ? 0 : scoring ? drawn.slots.length : Math.min(budget, drawn.slots.length);
          const together = (own: Int32Array, others: Int32Array | undefined) =>
            Int32Array.from([...own, ...(others?.subarray(0, seen) ?? [])]);
          const slots = drawn === null ? null : tf.tensor1d(drawn.slots, 'int32');
          const { scored, ...rest } = denseStep({
            parameters,
            examples: images(together(batch.samples, drawn?.samples), together(batch.tasks, drawn?.tasks)),
            incoming: batch.samples.length,
            learningRate,
            retrieval: slots && {
              used,
              traced: traced && iteration === 0,
              bestLosses: scoring ? bestLosses.of(slots) : tf.zeros([0]),
              score: config.retrievalScore,
              budget,
            },
          });
          if (slots !== null && scored !== null && used === 'mir') bestLosses.lower(slots, scored.losses);
          const trace =
            scored !== null && traced && iteration === 0
              ? { scores: scored.scores, mirPicks: scored.mirPicks.clone() }
              : null;
          return { ...rest, trace };
        });
        tf.dispose(Object.values(parameters));
        parameters = step.parameters;
        lossesByIteration.push(step.losses);
        if (drawn !== null && step.picks !== null)
          replayed.push({ candidates: drawn, used, picks: step.picks, traced: step.trace });
      }
      if (replays) bestLosses.insert(memory.add(batch), lossesByIteration[iterations - 1]);
      const [losses, ...later] = lossesByIteration;
      tf.dispose(later);
      return { losses, replays: replayed };
    },
    classify: (batch) => classifier.classify({ parameters, statistics: {} }, batch).logits,
    dispose() {
      tf.dispose(Object.values(parameters));
      bestLosses.dispose();
    },
  };
}
