import { randomStream } from '../../core/random.ts';
import { lastingParts } from '../../core/checkpoint.ts';
import { lossAndGradient, lossOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { sgdStep } from '../models/parameters.ts';
import { Runner } from '../runner/runner.ts';
import type { ImageRows, Step } from '../runner/step.ts';
import type * as tf from '@tensorflow/tfjs';
import {
  evaluated,
  lossesAround,
  type LearnerInput,
  type Method,
  rowsOf,
  type TracedLosses,
  withoutReplay,
} from './learner.ts';

interface FineTuneOutputs {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  readonly tracedLosses: TracedLosses | null;
}

/**
 * Plain SGD on the stream, without a memory: `fine-tune` on the sequential stream, `iid-online` and `iid-offline` on a
 * shuffled one (paper, section 4).
 */
export function fineTune({ config, classifier, images }: LearnerInput): Method {
  const runner = new Runner((): Variables => classifier.init(randomStream(config.seed, 'init')));

  const step = (traced: boolean): Step<Variables, ImageRows, FineTuneOutputs> => ({
    name: `fine-tune${traced ? ' traced' : ''}`,
    run({ parameters, statistics }, incoming) {
      const { losses, gradient, batchStatistics } = lossAndGradient(classifier, parameters, incoming);
      const next = sgdStep(parameters, gradient, config.learningRate);
      const tracedLosses = traced ? lossesAround(losses, lossOf(classifier, next, incoming)) : null;
      return {
        state: { parameters: next, statistics: moveStatistics(statistics, batchStatistics) },
        outputs: { losses, tracedLosses },
      };
    },
  });

  return {
    lasting: lastingParts({ state: runner }),
    stored: () => ({ samples: [], labels: [], tasks: [] }),
    learn(batch, { traced }) {
      const { losses, tracedLosses } = runner.run(step(traced), rowsOf(images, batch));
      return withoutReplay(losses, tracedLosses);
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}
