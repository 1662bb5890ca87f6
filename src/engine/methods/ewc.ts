import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../core/random.ts';
import { lastingParts } from '../../core/checkpoint.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import {
  type Classifier,
  gradientOf,
  lossAndGradient,
  lossOf,
  moveStatistics,
  type Variables,
} from '../models/classifier.ts';
import { crossEntropy } from '../models/losses.ts';
import { innerProduct, mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { Runner } from '../runner/runner.ts';
import { type HostTensor, type ImageRows, scalar, type Step } from '../runner/step.ts';
import {
  evaluated,
  lossesAround,
  type LearnerInput,
  type Method,
  rowsOf,
  type TracedFigures,
  type TracedLosses,
  withoutReplay,
} from './learner.ts';

interface EwcState extends Variables {
  /** θ*: the parameters at the end of the task before. */
  readonly anchor: Parameters;
  /** Ω: how much each parameter matters to the tasks before; 0 in the first. */
  readonly importance: Parameters;
}

interface EwcOutputs {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** Only where a trace was asked for. */
  readonly traced: { readonly losses: TracedLosses; readonly figures: TracedFigures } | null;
}

interface FisherInputs {
  readonly examples: ImageRows;
  /** What the square of each image's gradient counts: 1 / images in all. */
  readonly share: HostTensor<tf.Rank.R0>;
}

/** Images of a task on which its Fisher information is measured, at most: a backward pass each. */
const fisherImages = 200;
/** Images of one step. */
const fisherGroup = 10;

/**
 * Online Elastic Weight Consolidation (Kirkpatrick et al. 2017, equation 3; Schwarz et al. 2018, section 3.1): a
 * quadratic penalty λ/2 Σ Ω (θ − θ*)² pulls each parameter back to where the task before left it, the more the more it
 * matters. No image is kept. At the end of a task Ω ← γ Ω + F, and θ* ← θ.
 *
 * F is the diagonal of the empirical Fisher information: the mean over images of the squared gradient of each image's
 * own log-likelihood, of its label. As in the first implementations a part of the task's images does, evenly spread over
 * it. Batch normalisation uses its running statistics there.
 */
export function ewc({ config, classifier, images }: LearnerInput): Method {
  const { learningRate, ewcLambda, ewcGamma } = config;
  /** The images of the current task so far. Empty at the end of a task. */
  const seen: { samples: number[]; tasks: number[] } = { samples: [], tasks: [] };
  const runner = new Runner((): EwcState => {
    const variables = classifier.init(randomStream(config.seed, 'init'));
    const { parameters } = variables;
    return {
      ...variables,
      anchor: mapParameters(tf.clone, parameters),
      importance: mapParameters(tf.zerosLike, parameters),
    };
  });

  const step = (traced: boolean): Step<EwcState, ImageRows, EwcOutputs> => ({
    name: `ewc${traced ? ' traced' : ''}`,
    run({ parameters, statistics, anchor, importance }, incoming) {
      const { losses, gradient, batchStatistics } = lossAndGradient(classifier, parameters, incoming);
      const pulled = pull(parameters, anchor, importance, ewcLambda);
      const next = sgdStep(parameters, gradient, learningRate, pulled);
      const figures = (): TracedFigures => {
        const moved = mapParameters(tf.sub, parameters, anchor);
        const length = (of: Parameters) => tf.sqrt(innerProduct(of, of));
        const largest = tf.max(tf.stack(Object.values(importance).map((omega) => tf.max(omega))));
        const values = [
          tf.div(innerProduct(pulled, moved), 2),
          length(gradient),
          length(pulled),
          length(moved),
          largest,
        ];
        return { kind: 'penalty', values: tf.stack(values) as tf.Tensor1D };
      };
      return {
        state: { parameters: next, statistics: moveStatistics(statistics, batchStatistics), anchor, importance },
        outputs: {
          losses,
          traced: traced
            ? { losses: lossesAround(losses, lossOf(classifier, next, incoming)), figures: figures() }
            : null,
        },
      };
    },
  });

  /** θ* ← θ, and what stays of Ω. */
  const anchoring: Step<EwcState, null, null> = {
    name: 'ewc anchor',
    once: true,
    run: ({ parameters, statistics, importance }) => ({
      state: {
        parameters,
        statistics,
        anchor: mapParameters(tf.clone, parameters),
        importance: mapParameters((omega) => tf.mul(omega, ewcGamma), importance),
      },
      outputs: null,
    }),
  };

  const fisher: Step<EwcState, FisherInputs, null> = {
    name: 'ewc fisher',
    run(state, { examples, share }) {
      const squares = squaredGradients(classifier, state, examples);
      const importance = mapParameters(
        (omega, square) => tf.add(omega, tf.mul(square, share)),
        state.importance,
        squares,
      );
      return { state: { ...state, importance }, outputs: null };
    },
  };

  return {
    lasting: lastingParts({ state: runner }),
    stored: () => ({ samples: [], labels: [], tasks: [] }),
    learn(batch, { traced: tracing, last }) {
      const { losses, traced } = runner.run(step(tracing), rowsOf(images, batch));
      if (last) {
        seen.samples.push(...batch.samples);
        seen.tasks.push(...batch.tasks);
      }
      return withoutReplay(losses, traced?.losses, traced?.figures);
    },
    finishTask() {
      runner.run(anchoring, null);
      const count = Math.min(fisherImages, seen.samples.length);
      const chosen = Array.from({ length: count }, (_, index) => Math.floor((index * seen.samples.length) / count));
      for (let from = 0; from < count; from += fisherGroup) {
        const group = chosen.slice(from, from + fisherGroup);
        const examples = rowsOf(images, {
          samples: Int32Array.from(group, (position) => seen.samples[position]),
          tasks: Int32Array.from(group, (position) => seen.tasks[position]),
        });
        runner.run(fisher, { examples, share: scalar(1 / count) });
      }
      seen.samples.length = 0;
      seen.tasks.length = 0;
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}

/** The gradient of the penalty λ/2 Σ Ω (θ − θ*)²: λ Ω (θ − θ*). */
export function pull(parameters: Parameters, anchor: Parameters, importance: Parameters, lambda: number): Parameters {
  return mapParameters(
    (theta, star, omega) => tf.mul(tf.mul(omega, lambda), tf.sub(theta, star)),
    parameters,
    anchor,
    importance,
  );
}

/** The sum over images of the squared gradient of each image's own log-likelihood, in evaluation mode. */
export function squaredGradients(
  classifier: Classifier,
  { parameters, statistics }: Variables,
  { images, labels }: LabelledTensors,
): Parameters {
  const evaluating = {
    forward: (trained: Parameters, some: tf.Tensor2D) => ({
      ...classifier.differentiable({ parameters: trained, statistics }, some),
      batchStatistics: {},
    }),
  };
  const [count, size] = images.shape;
  return Array.from({ length: count }, (_, row) => {
    const image = tf.slice2d(images, [row, 0], [1, size]);
    const label = tf.slice1d(labels, row, 1);
    const { gradient } = gradientOf(evaluating, parameters, image, ({ logits }) => crossEntropy(logits, label));
    return mapParameters(tf.square, gradient);
  }).reduce((sum, squares) => mapParameters(tf.add, sum, squares));
}
