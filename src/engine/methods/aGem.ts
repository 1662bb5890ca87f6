import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../core/random.ts';
import { drawCandidates, Reservoir } from '../memory/reservoir.ts';
import { lossAndGradient, moveStatistics, type Variables } from '../models/classifier.ts';
import { mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { Runner } from '../runner/runner.ts';
import type { ImageRows, Step } from '../runner/step.ts';
import { evaluated } from './evaluate.ts';
import { type LearnerInput, type Method, rowsOf, withoutReplay } from './learner.ts';

interface AGemInputs {
  readonly incoming: ImageRows;
  /** Up to B memories; null while the memory is empty. */
  readonly reference: ImageRows | null;
}

/** The number of no task, so that memories of every task may be drawn. */
const noTask = 0;

/**
 * Averaged GEM (Chaudhry et al. 2019, section 4): steps along the gradient nearest to the incoming one that, by its
 * gradient, does not raise the mean loss of a batch drawn from the whole memory. One head, and no mask over the logits.
 */
export function aGem({ config, classifier, images, classCount }: LearnerInput): Method {
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const runner = new Runner((): Variables => classifier.init(randomStream(config.seed, 'init')));

  const step: Step<Variables, AGemInputs, tf.Tensor1D> = {
    name: 'a-gem',
    run({ parameters, statistics }, { incoming, reference }) {
      const { losses, gradient, batchStatistics } = lossAndGradient(classifier, parameters, incoming);
      const projected =
        reference === null ? gradient : project(gradient, lossAndGradient(classifier, parameters, reference).gradient);
      return {
        state: {
          parameters: sgdStep(parameters, projected, config.learningRate),
          statistics: moveStatistics(statistics, batchStatistics),
        },
        outputs: losses,
      };
    },
  };

  return {
    stored: () => memory.contents(),
    learn(batch, { last }) {
      const drawn = drawCandidates(memory, noTask, config.budget, retrievalRandom);
      const reference = drawn && rowsOf(images, drawn);
      const losses = runner.run(step, { incoming: rowsOf(images, batch), reference });
      if (last) memory.add(batch);
      return withoutReplay(losses);
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}

/** g − (g·g_ref / g_ref·g_ref) g_ref where g·g_ref < 0, else g (equation 11). Nothing is read back. */
function project(gradient: Parameters, reference: Parameters): Parameters {
  const product = innerProduct(gradient, reference);
  const share = tf.where(tf.less(product, 0), tf.div(product, innerProduct(reference, reference)), tf.scalar(0));
  return mapParameters((g, gRef) => tf.sub(g, tf.mul(gRef, share)), gradient, reference);
}

function innerProduct(one: Parameters, other: Parameters): tf.Scalar {
  return tf.addN(Object.keys(one).map((name) => tf.sum(tf.mul(one[name], other[name]))));
}
