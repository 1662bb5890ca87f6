import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { randomStream } from '../../core/random.ts';
import { lastingMap, lastingParts } from '../../core/checkpoint.ts';
import { gradientOf, lossOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { crossEntropy, distillation, softened } from '../models/losses.ts';
import { mapParameters, sgdStep } from '../models/parameters.ts';
import { Runner } from '../runner/runner.ts';
import { type HostTensor, type ImageRows, numbers, type Step } from '../runner/step.ts';
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

interface LwfState extends Variables {
  /** The network at the end of the task before; null in the first. */
  readonly previous: Variables | null;
}

interface LwfInputs {
  readonly incoming: ImageRows;
  /** 1 for each class of an earlier task, [classes]. */
  readonly isOld: HostTensor<tf.Rank.R1>;
}

interface LwfOutputs {
  /** Cross-entropy of each incoming image with its label, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** Only where a trace was asked for; figures from the second task on. */
  readonly traced: { readonly losses: TracedLosses; readonly figures: Figures | null } | null;
}
type Figures = Omit<Extract<TracedFigures, { readonly kind: 'distillation' }>, 'old'>;

const savedClasses = z.array(z.tuple([z.int(), z.int()]));

/**
 * Learning without Forgetting (Li & Hoiem 2016): beside the labels of the incoming batch the network learns what the
 * network of the end of the task before answers to these same images. No image is kept. In the first task there is no
 * network before, and nothing is distilled.
 *
 * Distilled are the classes of earlier tasks, with the softmax taken over them alone; on Permuted MNIST these are all.
 * The labels are learnt over all classes, in one head and without a mask, as all methods here do; the paper has a head
 * for each task. The frozen network answers in evaluation mode.
 */
export function lwf({ config, classifier, images, classCount }: LearnerInput): Method {
  const { learningRate, lwfWeight, lwfTemperature } = config;
  /** The first task of each class that was seen. */
  const firstTasks = new Map<number, number>();
  const runner = new Runner(
    (): LwfState => ({
      ...classifier.init(randomStream(config.seed, 'init')),
      previous: null,
    }),
  );

  const step = (traced: boolean): Step<LwfState, LwfInputs, LwfOutputs> => ({
    name: `lwf${traced ? ' traced' : ''}`,
    run({ parameters, statistics, previous }, { incoming, isOld }) {
      const count = incoming.labels.size;
      const reference = previous && classifier.classify(previous, incoming.images).logits;
      const { losses, gradient, batchStatistics } = gradientOf(
        classifier,
        parameters,
        incoming.images,
        ({ logits }) => {
          const ofLabels = crossEntropy(logits, incoming.labels);
          if (reference === null) return ofLabels;
          return tf.concat1d([ofLabels, distillation(logits, reference, isOld, lwfTemperature)]);
        },
        tf.tensor1d(
          Array.from({ length: reference === null ? count : 2 * count }, (_, row) =>
            row < count ? 1 / count : lwfWeight / count,
          ),
        ),
      );
      const next = sgdStep(parameters, gradient, learningRate);
      const before = tf.slice1d(losses, 0, count);
      const figures = (old: tf.Tensor2D): Figures => ({
        kind: 'distillation',
        targets: softened(old, isOld, lwfTemperature),
        answers: softened(classifier.logits(parameters, incoming.images), isOld, lwfTemperature),
        ofLabels: before,
        ofAnswers: tf.slice1d(losses, count, count),
        exemplars: null,
      });
      return {
        state: { parameters: next, statistics: moveStatistics(statistics, batchStatistics), previous },
        outputs: {
          losses: before,
          traced: traced
            ? {
                losses: lossesAround(before, lossOf(classifier, next, incoming)),
                figures: reference && figures(reference),
              }
            : null,
        },
      };
    },
  });

  const freeze: Step<LwfState, null, null> = {
    name: 'lwf freeze',
    once: true,
    run: ({ parameters, statistics }) => ({
      state: {
        parameters,
        statistics,
        previous: { parameters: mapParameters(tf.clone, parameters), statistics: mapParameters(tf.clone, statistics) },
      },
      outputs: null,
    }),
  };

  return {
    lasting: lastingParts({ state: runner, classes: lastingMap(firstTasks, savedClasses) }),
    stored: () => ({ samples: [], labels: [], tasks: [] }),
    learn(batch, { traced: tracing }) {
      const [task] = batch.tasks;
      for (const label of batch.labels) if (!firstTasks.has(label)) firstTasks.set(label, task);
      const isOld = Float32Array.from({ length: classCount }, (_, label) =>
        Number((firstTasks.get(label) ?? task) < task),
      );
      const inputs = { incoming: rowsOf(images, batch), isOld: numbers(isOld) };
      const { losses, traced } = runner.run(step(tracing), inputs);
      const old = Array.from(isOld.keys()).filter((label) => isOld[label] === 1);
      return withoutReplay(losses, traced?.losses, traced?.figures && { ...traced.figures, old });
    },
    finishTask: () => {
      runner.run(freeze, null);
    },
    ...evaluated(runner, { classify: (variables, pictures) => classifier.classify(variables, pictures).logits }),
    dispose: () => runner.dispose(),
  };
}
