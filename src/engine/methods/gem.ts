import * as tf from '@tensorflow/tfjs';
import { solveQP } from 'quadprog';
import { randomStream } from '../../core/random.ts';
import type { Batch } from '../../core/stream.ts';
import { disposeVariables, lossAndGradient, moveStatistics, type Variables } from '../models/classifier.ts';
import { mapParameters, type Parameters, sgdStep, tidy } from '../models/parameters.ts';
import type { Learner, LearnerInput } from './learner.ts';

/**
 * A memory with the same room for every task, which keeps the latest samples of each (Lopez-Paz & Ranzato
 * 2017, section 3).
 */
class TaskMemory {
  private readonly perTask: number;
  private readonly byTask = new Map<number, { samples: number[]; labels: number[] }>();

  /** @param perTask samples kept of each task; at least 1 */
  constructor(perTask: number) {
    this.perTask = perTask;
  }

  /** Stores a batch of one task, in place of that task's oldest samples if there is no room. */
  add(batch: Batch): void {
    const [task] = batch.tasks;
    const { samples, labels } = this.byTask.get(task) ?? { samples: [], labels: [] };
    this.byTask.set(task, {
      samples: [...samples, ...batch.samples].slice(-this.perTask),
      labels: [...labels, ...batch.labels].slice(-this.perTask),
    });
  }

  /** What is kept of every task but the given one, in task order. */
  tasksExcept(task: number): Batch[] {
    return [...this.byTask]
      .filter(([other]) => other !== task)
      .map(([other, { samples, labels }]) => ({
        samples: Int32Array.from(samples),
        labels: Int32Array.from(labels),
        tasks: new Int32Array(samples.length).fill(other),
      }));
  }

  /** Labels and tasks of everything stored. */
  contents(): { readonly labels: readonly number[]; readonly tasks: readonly number[] } {
    const all = this.tasksExcept(0);
    return { labels: all.flatMap((batch) => [...batch.labels]), tasks: all.flatMap((batch) => [...batch.tasks]) };
  }
}

/** Added to the diagonal of GGᵀ, so that the quadratic program is strictly convex. */
const ridge = 1e-3;

/**
 * How much of each memory gradient to add to the gradient of the incoming batch so that the step hurts no
 * past task (Lopez-Paz & Ranzato 2017, equation 11, the dual): min_v ½ vᵀ(GGᵀ + 10⁻³ I)v + (Gg)ᵀ v with
 * v ≥ margin.
 *
 * @param gram G Gᵀ, inner products of the past tasks' gradients, [k][k]
 * @param products G g, their inner products with the incoming gradient, [k]
 * @param margin the least weight of a past task
 * @returns v, [k]: the projected gradient is g + Gᵀ v; null if no past task is hurt, so that g may stay
 * @throws Error if the solver finds no solution, as with gradients that are not finite
 */
export function gemProjection(
  gram: readonly (readonly number[])[],
  products: readonly number[],
  margin: number,
): number[] | null {
  if (products.every((product) => product >= 0)) return null;
  const tasks = products.map((_, task) => task);
  const quadratic = tasks.map((row) =>
    countFromOne(tasks.map((column) => gram[row][column] + (row === column ? ridge : 0))),
  );
  const identity = tasks.map((row) => countFromOne(tasks.map((column) => (row === column ? 1 : 0))));
  const { solution, message } = solveQP(
    countFromOne(quadratic),
    countFromOne(products.map((product) => -product)),
    countFromOne(identity),
    countFromOne(tasks.map(() => margin)),
  );
  if (message !== '')
    throw new Error(`GEM's quadratic program has no solution (${message}); use a smaller learning rate.`);
  return solution.slice(1);
}

/** The solver's arrays count from 1. */
function countFromOne<T>(values: T[]): T[] {
  const shifted: T[] = [];
  values.forEach((value, index) => {
    shifted[index + 1] = value;
  });
  return shifted;
}

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

  const gradientOf = (batch: Batch) =>
    lossAndGradient(classifier, variables.parameters, images(batch.samples, batch.tasks));

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
      const projected = weights.reduce(
        (sum: Parameters, weight, k) => addScaled(sum, gradients[k + 1], weight),
        gradients[0],
      );
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
  return (
    gemProjection(
      gram,
      past.map((k) => product(k, 0)),
      margin,
    ) ?? []
  );
}
