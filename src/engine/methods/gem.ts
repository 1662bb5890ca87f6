import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/stream.ts';
import { TaskMemory } from '../memory/taskMemory.ts';
import { disposeVariables, moveStatistics, type Variables } from '../models/classifier.ts';
import { lossAndGradient } from '../models/lossGradient.ts';
import { mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { randomStream } from '../random.ts';
import { tidy } from '../tidy.ts';
import { gemProjection } from './gemProjection.ts';
import type { Learner, LearnerInput } from './learner.ts';

/** The least weight of a past task's gradient, as in the authors' experiments. */
const margin = 0.5;

/**
 * Gradient Episodic Memory (Lopez-Paz & Ranzato 2017): steps along the gradient nearest to the incoming one
 * that raises the loss of no past task's memory. One head, and no mask over the logits.
 */
export function gem({ config, classifier, images, classCount, taskCount }: LearnerInput): Learner {
  const { learningRate } = config;
  const memory = new TaskMemory(Math.max(1, Math.floor((config.memoryPerClass * classCount) / taskCount)));
  let variables: Variables = tidy(() => classifier.init(randomStream(config.seed, 'init')));

  const gradientOf = (batch: Batch) => lossAndGradient(classifier, variables.parameters, images(batch.samples, batch.tasks));

  async function iterate(batch: Batch): Promise<tf.Tensor1D> {
    // g, and g_k of every past task k, with all inner products between them.
    const { losses, statistics, gradients, products } = tidy(() => {
      const incoming = gradientOf(batch);
      const past = memory.tasksExcept(batch.tasks[0]).map((stored) => gradientOf(stored).gradient);
      const all = [incoming.gradient, ...past];
      return {
        losses: incoming.losses,
        statistics: moveStatistics(variables.statistics, incoming.batchStatistics),
        gradients: all,
        products: tf.stack(all.flatMap((one, row) => all.slice(0, row + 1).map((other) => innerProduct(one, other)))),
      };
    });

    // The quadratic program is solved on the processor, in float64: GEM cannot do without this read-back.
    const weights = projectionWeights(await products.data(), gradients.length);

    const parameters = tidy(() => {
      // g̃ = g + Gᵀ v
      const projected = weights.reduce((sum: Parameters, weight, k) => addScaled(sum, gradients[k + 1], weight), gradients[0]);
      return sgdStep(variables.parameters, projected, learningRate);
    });
    tf.dispose([products, ...gradients.map((gradient) => Object.values(gradient))]);
    disposeVariables(variables);
    variables = { parameters, statistics };
    return losses;
  }

  return {
    stored: () => memory.contents(),
    async observe(batch) {
      const losses = await iterate(batch);
      for (let iteration = 1; iteration < config.iterations; iteration++) (await iterate(batch)).dispose();
      memory.add(batch);
      return { losses, replays: [] };
    },
    classify: (batch) => classifier.classify(variables, batch).logits,
    dispose: () => {
      disposeVariables(variables);
    },
  };
}

function innerProduct(one: Parameters, other: Parameters): tf.Scalar {
  return tf.sum(tf.stack(Object.keys(one).map((name) => tf.sum(tf.mul(one[name], other[name])))));
}

function addScaled(sum: Parameters, gradient: Parameters, weight: number): Parameters {
  return mapParameters((a, b) => tf.add(a, tf.mul(b, weight)), sum, gradient);
}

/** v of the past tasks, from the lower triangle of all inner products, row by row; empty if g may stay. */
function projectionWeights(triangle: ArrayLike<number>, count: number): number[] {
  const product = (row: number, column: number) => {
    const [low, high] = row > column ? [column, row] : [row, column];
    return triangle[(high * (high + 1)) / 2 + low];
  };
  // A lane that diverges is stopped by its loss; the solver would only fail before that.
  if (!Array.from(triangle).every(Number.isFinite)) return [];
  const past = Array.from({ length: count - 1 }, (_, k) => k + 1);
  const gram = past.map((row) => past.map((column) => product(row, column)));
  return gemProjection(gram, past.map((k) => product(k, 0)), margin) ?? [];
}
