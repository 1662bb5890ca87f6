import * as tf from '@tensorflow/tfjs';
import { solveQP } from 'quadprog';
import { z } from 'zod';
import { randomStream } from '../../core/random.ts';
import { type Lasting, lastingMap, lastingParts } from '../../core/checkpoint.ts';
import type { Batch } from '../../core/stream.ts';
import { lossAndGradient, lossOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { innerProduct, mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { gemWeights, innerProducts, mostGradients, turnedGradient } from '../programs/gemPrograms.ts';
import { Runner } from '../runner/runner.ts';
import type { ImageRows, OutputsOf, Step } from '../runner/step.ts';
import {
  evaluated,
  CannotLearn,
  lossesAround,
  type LearnerInput,
  type Method,
  type Observation,
  rowsOf,
  type TracedFigures,
  type TracedLosses,
  withoutReplay,
} from './learner.ts';

const savedMemory = z.array(
  z.tuple([z.int(), z.strictObject({ samples: z.array(z.int()), labels: z.array(z.int()) })]),
);

/**
 * A memory with the same room for every task, which keeps the latest samples of each (Lopez-Paz & Ranzato
 * 2017, section 3).
 */
class TaskMemory {
  private readonly perTask: number;
  private readonly byTask = new Map<number, { samples: number[]; labels: number[] }>();
  readonly lasting: Lasting = lastingMap(this.byTask, savedMemory);

  /** @param perTask samples kept of each task; at least 1 */
  constructor(perTask: number) {
    this.perTask = perTask;
  }

  /** Stores a batch of one task. If there is no room, it replaces that task's oldest samples. */
  add(batch: Batch): void {
    const [task] = batch.tasks;
    const { samples, labels } = this.byTask.get(task) ?? { samples: [], labels: [] };
    this.byTask.set(task, {
      samples: [...samples, ...batch.samples].slice(-this.perTask),
      labels: [...labels, ...batch.labels].slice(-this.perTask),
    });
  }

  /** The memories of every task except the given one, in task order. */
  tasksExcept(task: number): Batch[] {
    return [...this.byTask]
      .filter(([other]) => other !== task)
      .map(([other, { samples, labels }]) => ({
        samples: Int32Array.from(samples),
        labels: Int32Array.from(labels),
        tasks: new Int32Array(samples.length).fill(other),
      }));
  }

  /** Samples, labels and tasks of everything stored. */
  contents(): Readonly<Record<'samples' | 'labels' | 'tasks', readonly number[]>> {
    const all = this.tasksExcept(0);
    const together = (of: 'samples' | 'labels' | 'tasks') => all.flatMap((batch) => [...batch[of]]);
    return { samples: together('samples'), labels: together('labels'), tasks: together('tasks') };
  }
}

/** The least weight of a past task's gradient, as in the authors' experiments. */
const margin = 0.5;

interface ConstrainedInputs {
  readonly incoming: ImageRows;
  /** Memories, a batch for each gradient of the past. */
  readonly past: readonly ImageRows[];
}

/** A gradient turned by those of the past, and how much of each of them was added, [k]; null without a past. */
export interface Turned {
  readonly projected: Parameters;
  readonly weights: tf.Tensor1D | null;
}

/** What a step along a turned gradient gives. */
interface ConstrainedOutputs {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** Only where a trace was asked for. */
  readonly traced: { readonly losses: TracedLosses; readonly figures: ConstraintTensors } | null;
}
type ConstraintTensors = Omit<Extract<TracedFigures, { readonly kind: 'constraint' }>, 'kind' | 'past'>;

/**
 * Gradient Episodic Memory (Lopez-Paz & Ranzato 2017): steps along the gradient nearest to the incoming one
 * that raises the loss of no past task's memory. One head, and no mask over the logits.
 */
export function gem({ config, classifier, images, classCount, taskCount }: LearnerInput): Method {
  const memory = new TaskMemory(Math.max(1, Math.floor((config.memoryPerClass * classCount) / taskCount)));
  const runner = new Runner((): Variables => classifier.init(randomStream(config.seed, 'init')));

  const step = constrainedStep('gem', { classifier, config }, project);

  return {
    lasting: lastingParts({ state: runner, memory: memory.lasting }),
    stored: () => memory.contents(),
    learn(batch, { traced: tracing, last }) {
      const kept = memory.tasksExcept(batch.tasks[0]);
      const past = kept.map((stored) => rowsOf(images, stored));
      const outputs = runner.run(step(tracing), { incoming: rowsOf(images, batch), past });
      if (last) memory.add(batch);
      return observationOf(
        outputs,
        kept.map(({ samples, tasks }) => ({ task: tasks[0], memories: samples.length })),
      );
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}

/** A step along the incoming gradient, turned by the gradients of the past: what GEM and A-GEM share. */
export const constrainedStep =
  (
    name: string,
    { classifier, config }: Pick<LearnerInput, 'classifier' | 'config'>,
    turn: (gradient: Parameters, past: readonly Parameters[]) => Turned,
  ) =>
  (traced: boolean): Step<Variables, ConstrainedInputs, ConstrainedOutputs> => ({
    name: `${name}${traced ? ' traced' : ''}`,
    run({ parameters, statistics }, { incoming, past }) {
      // g, and the gradients of the past. Batch statistics of the past are thrown away.
      const { losses, gradient, batchStatistics } = lossAndGradient(classifier, parameters, incoming);
      const pastGradients = past.map((stored) => lossAndGradient(classifier, parameters, stored).gradient);
      // θ ← θ − α g̃
      const turned = turn(gradient, pastGradients);
      const next = sgdStep(parameters, turned.projected, config.learningRate);
      return {
        state: { parameters: next, statistics: moveStatistics(statistics, batchStatistics) },
        outputs: {
          losses,
          traced: traced
            ? {
                losses: lossesAround(losses, lossOf(classifier, next, incoming)),
                figures: constraintFigures(gradient, pastGradients, turned),
              }
            : null,
        },
      };
    },
  });

/** What a trace tells of a turned gradient. */
function constraintFigures(
  gradient: Parameters,
  past: readonly Parameters[],
  { projected, weights }: Turned,
): ConstraintTensors {
  const productsWith = (one: Parameters) =>
    past.length === 0 ? null : (tf.stack(past.map((other) => innerProduct(one, other))) as tf.Tensor1D);
  const squares = [gradient, projected, ...past].map((one) => innerProduct(one, one));
  return {
    products: productsWith(gradient),
    weights,
    productsAfter: productsWith(projected),
    lengths: tf.sqrt(tf.stack(squares)) as tf.Tensor1D,
  };
}

/**
 * What a constrained step tells.
 *
 * @param past what each gradient of the past was of
 */
export function observationOf(
  { losses, traced }: OutputsOf<ConstrainedOutputs>,
  past: Extract<TracedFigures, { readonly kind: 'constraint' }>['past'],
): Observation {
  return withoutReplay(losses, traced?.losses, traced && { kind: 'constraint', past, ...traced.figures });
}

/** The gradient nearest to g that points away from no g_k, and how much of each g_k was added, [k]. */
function project(gradient: Parameters, past: readonly Parameters[]): Turned {
  if (past.length === 0) return { projected: gradient, weights: null };
  const all = [gradient, ...past];
  if (tf.getBackend() === 'webgpu' && all.length <= mostGradients) {
    const names = Object.keys(gradient);
    const products = innerProducts(names.map((name) => all.map((one) => one[name])));
    // On the device, so that nothing waits. Where no past task is hurt, all weights are 0.
    const weights = gemWeights(products, past.length, margin, ridge);
    return { projected: mapParameters((g, ...of) => turnedGradient(g, of, weights), gradient, ...past), weights };
  }
  const triangle = tf.stack(
    all.flatMap((one, row) => all.slice(0, row + 1).map((other) => innerProduct(one, other))),
  ) as tf.Tensor1D;
  if (tf.getBackend() === 'webgpu') {
    const weights = gemWeights(triangle, past.length, margin, ridge);
    const each = tf.unstack(weights) as tf.Scalar[];
    return { projected: each.reduce((sum, weight, k) => addScaled(sum, past[k], weight), gradient), weights };
  }
  // On these backends the numbers are in ordinary memory or, with webgl, are fetched: 190 at most.
  const weights = projectionWeights(triangle.dataSync(), all.length);
  return {
    projected: weights.reduce((sum: Parameters, weight, k) => addScaled(sum, past[k], weight), gradient),
    weights: tf.tensor1d(past.map((_, k) => weights.at(k) ?? 0)),
  };
}

function addScaled(sum: Parameters, gradient: Parameters, weight: number | tf.Scalar): Parameters {
  return mapParameters((a, b) => tf.add(a, tf.mul(b, weight)), sum, gradient);
}

/** v of the past tasks, from the lower triangle of all inner products, row by row; empty if g may stay as it is. */
function projectionWeights(triangle: ArrayLike<number>, count: number): number[] {
  const product = (row: number, column: number) => {
    const [low, high] = row > column ? [column, row] : [row, column];
    return triangle[(high * (high + 1)) / 2 + low];
  };
  // The loss stops a lane that diverges; the solver would only fail before that.
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

/** Added to the diagonal of GGᵀ, so that the quadratic program is strictly convex. */
const ridge = 1e-3;

/**
 * Further shares of the largest diagonal entry, which are added where rounding makes the program too flat for the
 * solver, as with long, nearly parallel gradients. The first, 0, is the authors' ridge alone.
 */
const ridgeShares = [0, 1e-9, 1e-7, 1e-5, 1e-3];

/**
 * How much of each memory gradient to add to the incoming gradient so that the step hurts no past task (Lopez-Paz &
 * Ranzato 2017, equation 11, the dual): min_v ½ vᵀ(GGᵀ + 10⁻³ I)v + (Gg)ᵀ v with v ≥ margin.
 *
 * @param gram G Gᵀ, inner products of the past tasks' gradients, [k][k]
 * @param products G g, their inner products with the incoming gradient, [k]
 * @param least the least weight of a past task
 * @returns v, [k]: the projected gradient is g + Gᵀ v; null if no past task is hurt, so that g may stay
 * @throws CannotLearn if the solver finds no solution, for example with gradients that are not finite
 */
export function gemProjection(
  gram: readonly (readonly number[])[],
  products: readonly number[],
  least: number,
): number[] | null {
  if (products.every((product) => product >= 0)) return null;
  // Divided by the largest entry, which changes no solution: the solver takes small numbers for 0, and the inverse of a
  // long gradient's square is small.
  const largest = Math.max(...gram.map((row, task) => row[task])) + ridge;
  const scaled = gram.map((row) => row.map((entry) => entry / largest));
  const slopes = products.map((product) => product / largest);
  let fault = '';
  for (const share of ridgeShares) {
    const { solution, message } = solveProjection(scaled, slopes, least, ridge / largest + share);
    if (message === '' && solution.slice(1).every(Number.isFinite)) return solution.slice(1);
    fault = message || 'its solution is not finite';
  }
  throw new CannotLearn(`GEM's quadratic program has no solution (${fault})`);
}

function solveProjection(
  gram: readonly (readonly number[])[],
  products: readonly number[],
  least: number,
  added: number,
) {
  const tasks = products.map((_, task) => task);
  const square = (entry: (row: number, column: number) => number) =>
    countFromOne(tasks.map((row) => countFromOne(tasks.map((column) => entry(row, column)))));
  return solveQP(
    square((row, column) => gram[row][column] + (row === column ? added : 0)),
    countFromOne(products.map((product) => -product)),
    square((row, column) => (row === column ? 1 : 0)),
    countFromOne(tasks.map(() => least)),
  );
}

/** The solver's arrays count from 1. */
function countFromOne<T>(values: T[]): T[] {
  const shifted: T[] = [];
  values.forEach((value, index) => {
    shifted[index + 1] = value;
  });
  return shifted;
}
