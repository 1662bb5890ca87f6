import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../core/random.ts';
import { disposeVariables, lossAndGradient, moveStatistics, type Variables } from '../models/classifier.ts';
import { sgdStep, tidy } from '../models/parameters.ts';
import type { Learner, LearnerInput } from './learner.ts';

/**
 * Plain SGD on whatever the stream brings, with no memory: `fine-tune` on the sequential stream,
 * `iid-online` and `iid-offline` on a shuffled one (paper, section 4).
 */
export function fineTune({ config, classifier, images }: LearnerInput): Learner {
  let variables: Variables = tidy(() => classifier.init(randomStream(config.seed, 'init')));
  return {
    stored: () => ({ labels: [], tasks: [] }),
    observe(batch) {
      let firstLosses: tf.Tensor1D | null = null;
      for (let iteration = 0; iteration < config.iterations; iteration++) {
        const { losses, next } = tidy(() => {
          const { parameters, statistics } = variables;
          const incoming = lossAndGradient(classifier, parameters, images(batch.samples, batch.tasks));
          const next: Variables = {
            parameters: sgdStep(parameters, incoming.gradient, config.learningRate),
            statistics: moveStatistics(statistics, incoming.batchStatistics),
          };
          return { losses: incoming.losses, next };
        });
        disposeVariables(variables);
        variables = next;
        if (firstLosses === null) firstLosses = losses;
        else losses.dispose();
      }
      return { losses: firstLosses ?? tf.zeros([0]), replays: [] };
    },
    classify: (batch) => classifier.classify(variables, batch).logits,
    dispose: () => disposeVariables(variables),
  };
}
