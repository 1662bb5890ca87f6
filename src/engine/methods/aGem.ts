import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../core/random.ts';
import { lastingParts } from '../../core/checkpoint.ts';
import type { Variables } from '../models/classifier.ts';
import { innerProduct, mapParameters, type Parameters } from '../models/parameters.ts';
import { drawCandidates, Reservoir } from '../retrieval/reservoir.ts';
import { Runner } from '../runner/runner.ts';
import { constrainedStep, observationOf, type Turned } from './gem.ts';
import { evaluated, type LearnerInput, type Method, rowsOf } from './learner.ts';

/**
 * Averaged GEM (Chaudhry et al. 2019, section 4): steps along the gradient nearest to the incoming one that, by its
 * gradient, does not raise the mean loss of a batch drawn from the memory. One head, and no mask over the logits.
 *
 * It differs from the paper in its memory, which is a reservoir filled batch by batch, as for ER. So the draw may hold
 * images of the current task. The paper fills a ring with as much room for each class at the end of each task, and draws
 * from earlier tasks alone, up to 256 images a step; here the draw is B.
 */
export function aGem({ config, classifier, images, classCount }: LearnerInput): Method {
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const runner = new Runner((): Variables => classifier.init(randomStream(config.seed, 'init')));

  const step = constrainedStep('a-gem', { classifier, config }, (gradient, past) => {
    const reference = past.at(0);
    return reference === undefined ? { projected: gradient, weights: null } : project(gradient, reference);
  });

  return {
    lasting: lastingParts({ state: runner, memory, retrieval: retrievalRandom }),
    stored: () => memory.contents(),
    learn(batch, { traced: tracing, last }) {
      const drawn = drawCandidates(memory, null, config.budget, retrievalRandom);
      const past = drawn === null ? [] : [rowsOf(images, drawn)];
      const outputs = runner.run(step(tracing), { incoming: rowsOf(images, batch), past });
      if (last) memory.add(batch);
      return observationOf(outputs, drawn === null ? [] : [{ task: null, memories: drawn.samples.length }]);
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}

/**
 * g − (g·g_ref / g_ref·g_ref) g_ref where g·g_ref < 0, else g (Chaudhry et al. 2019, equation 11), and how much of g_ref
 * was added. Nothing is read back.
 */
export function project(gradient: Parameters, reference: Parameters): Turned & { readonly weights: tf.Tensor1D } {
  const product = innerProduct(gradient, reference);
  const share = tf.neg(tf.div(product, innerProduct(reference, reference)));
  const weight = tf.where(tf.less(product, 0), share, tf.scalar(0));
  const projected = mapParameters((g, gRef) => tf.add(g, tf.mul(gRef, weight)), gradient, reference);
  return { projected, weights: tf.reshape(weight, [1]) };
}
