import { randomStream } from '../../core/random.ts';
import { lastingParts } from '../../core/saved.ts';
import { lossAndGradient, moveStatistics, type Variables } from '../models/classifier.ts';
import { sgdStep } from '../models/parameters.ts';
import { Runner } from '../runner/runner.ts';
import type { ImageRows, Step } from '../runner/step.ts';
import type * as tf from '@tensorflow/tfjs';
import { evaluated } from './evaluate.ts';
import { type LearnerInput, type Method, rowsOf, withoutReplay } from './learner.ts';

/**
 * Plain SGD on the stream, without a memory: `fine-tune` on the sequential stream, `iid-online` and `iid-offline` on a
 * shuffled one (paper, section 4).
 */
export function fineTune({ config, classifier, images }: LearnerInput): Method {
  const runner = new Runner((): Variables => classifier.init(randomStream(config.seed, 'init')));

  const step: Step<Variables, ImageRows, tf.Tensor1D> = {
    name: 'fine-tune',
    run({ parameters, statistics }, incoming) {
      const { losses, gradient, batchStatistics } = lossAndGradient(classifier, parameters, incoming);
      return {
        state: {
          parameters: sgdStep(parameters, gradient, config.learningRate),
          statistics: moveStatistics(statistics, batchStatistics),
        },
        outputs: losses,
      };
    },
  };

  return {
    lasting: lastingParts({ state: runner }),
    stored: () => ({ labels: [], tasks: [] }),
    learn: (batch) => withoutReplay(runner.run(step, rowsOf(images, batch))),
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}
