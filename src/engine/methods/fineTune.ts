import * as tf from '@tensorflow/tfjs';
import { imageTensors } from '../data/imageTensors.ts';
import { lossAndGradient } from '../models/lossGradient.ts';
import { sgdStep } from '../models/parameters.ts';
import { randomStream } from '../random.ts';
import { tidy } from '../tidy.ts';
import type { Learner, LearnerInput } from './learner.ts';

/**
 * Plain SGD on whatever the stream brings, with no memory: `fine-tune` on the sequential stream,
 * `iid-online` and `iid-offline` on a shuffled one (paper, section 4).
 */
export function fineTune({ config, classifier, train }: LearnerInput): Learner {
  let parameters = tidy(() => classifier.init(randomStream(config.seed, 'init')));
  return {
    memory: null,
    observe(batch) {
      let firstLosses: tf.Tensor1D | null = null;
      for (let iteration = 0; iteration < config.iterations; iteration++) {
        const { losses, next } = tidy(() => {
          const incoming = imageTensors(train, batch.samples);
          const { losses, gradient } = lossAndGradient(classifier, parameters, incoming);
          return { losses, next: sgdStep(parameters, gradient, config.learningRate) };
        });
        tf.dispose(parameters);
        parameters = next;
        if (firstLosses === null) firstLosses = losses;
        else losses.dispose();
      }
      return { losses: firstLosses ?? tf.zeros([0]), replays: [] };
    },
    classify: (images) => classifier.apply(parameters, images),
    dispose: () => tf.dispose(parameters),
  };
}
