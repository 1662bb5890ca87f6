import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../core/random.ts';
import { lastingParts } from '../../core/checkpoint.ts';
import { drawCandidates, Reservoir } from '../retrieval/reservoir.ts';
import { lossAndGradient, lossOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { innerProduct, mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { Runner } from '../runner/runner.ts';
import type { ImageRows, Step } from '../runner/step.ts';
import { evaluated, lossesAround, type LearnerInput, type Method, rowsOf, withoutReplay } from './learner.ts';
import { type ConstrainedOutputs, constraintFigures } from './gem.ts';

interface AGemInputs {
  readonly incoming: ImageRows;
  /** Up to B memories; null while the memory is empty. */
  readonly reference: ImageRows | null;
}

/** The number of no task, so that memories of every task may be drawn. */
const noTask = 0;

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

  const step = (traced: boolean): Step<Variables, AGemInputs, ConstrainedOutputs> => ({
    name: `a-gem${traced ? ' traced' : ''}`,
    run({ parameters, statistics }, { incoming, reference }) {
      const { losses, gradient, batchStatistics } = lossAndGradient(classifier, parameters, incoming);
      const past = reference && lossAndGradient(classifier, parameters, reference).gradient;
      const { projected, weight } = past === null ? { projected: gradient, weight: null } : project(gradient, past);
      const next = sgdStep(parameters, projected, config.learningRate);
      return {
        state: { parameters: next, statistics: moveStatistics(statistics, batchStatistics) },
        outputs: {
          losses,
          traced: traced
            ? {
                losses: lossesAround(losses, lossOf(classifier, next, incoming)),
                figures: constraintFigures(
                  gradient,
                  past === null ? [] : [past],
                  projected,
                  weight && tf.reshape(weight, [1]),
                ),
              }
            : null,
        },
      };
    },
  });

  return {
    lasting: lastingParts({ state: runner, memory, retrieval: retrievalRandom }),
    stored: () => memory.contents(),
    learn(batch, { traced: tracing, last }) {
      const drawn = drawCandidates(memory, noTask, config.budget, retrievalRandom);
      const inputs = { incoming: rowsOf(images, batch), reference: drawn && rowsOf(images, drawn) };
      const { losses, traced } = runner.run(step(tracing), inputs);
      if (last) memory.add(batch);
      const past = drawn === null ? [] : [{ task: null, memories: drawn.samples.length }];
      const figures = traced && { kind: 'constraint' as const, past, ...traced.figures };
      return withoutReplay(losses, traced?.losses, figures);
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}

/**
 * g − (g·g_ref / g_ref·g_ref) g_ref where g·g_ref < 0, else g (Chaudhry et al. 2019, equation 11), and how much of g_ref
 * was added. Nothing is read back.
 */
export function project(
  gradient: Parameters,
  reference: Parameters,
): { readonly projected: Parameters; readonly weight: tf.Scalar } {
  const product = innerProduct(gradient, reference);
  const share = tf.neg(tf.div(product, innerProduct(reference, reference)));
  const weight = tf.where(tf.less(product, 0), share, tf.scalar(0)) as tf.Scalar;
  return { projected: mapParameters((g, gRef) => tf.add(g, tf.mul(gRef, weight)), gradient, reference), weight };
}
