import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { drawWithoutReplacement, randomStream } from '../../core/random.ts';
import { lastingMap, lastingParts, lastingValues } from '../../core/checkpoint.ts';
import { imageSize } from '../../core/dataset.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import { gradientOf, moveStatistics, type Output, type Variables } from '../models/classifier.ts';
import { binaryCrossEntropies, binaryCrossEntropy } from '../models/losses.ts';
import { mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { look, Runner } from '../runner/runner.ts';
import { type HostTensor, type ImageRows, numbers, type Step } from '../runner/step.ts';
import {
  evaluated,
  lossesAround,
  type LearnerInput,
  type Method,
  type TracedFigures,
  type TracedLosses,
  withoutReplay,
} from './learner.ts';

/**
 * Picks exemplars, none twice, so that for every n the mean of the first n is near the mean of all (Rebuffi et al.
 * 2017, Algorithm 4).
 *
 * @param features one row per sample, each of length 1
 * @param count how many to pick; all if there are fewer
 * @returns rows in the order picked
 */
export function herding(features: readonly ArrayLike<number>[], count: number): number[] {
  if (features.length === 0) return [];
  const size = features[0].length;
  const target = new Float64Array(size);
  for (const row of features) for (let i = 0; i < size; i++) target[i] += row[i] / features.length;

  const sum = new Float64Array(size);
  const picked: number[] = [];
  const left = new Set(features.keys());
  while (picked.length < count && left.size > 0) {
    let nearest = -1;
    let smallest = Infinity;
    for (const candidate of left) {
      let distance = 0;
      for (let i = 0; i < size; i++)
        distance += (target[i] - (sum[i] + features[candidate][i]) / (picked.length + 1)) ** 2;
      if (distance < smallest) [nearest, smallest] = [candidate, distance];
    }
    // If distances are not numbers, no row is nearest.
    if (nearest === -1) break;
    picked.push(nearest);
    left.delete(nearest);
    for (let i = 0; i < size; i++) sum[i] += features[nearest][i];
  }
  return picked;
}

/** Images in one forward pass over many. */
const chunk = 50;

/** The squared distance to a class without a mean: farther than any two points of length 1. */
const nowhere = 1e3;

interface Stored {
  readonly sample: number;
  readonly task: number;
}

const savedExemplars = z.array(z.tuple([z.int(), z.array(z.strictObject({ sample: z.int(), task: z.int() }))]));

interface IcarlState extends Variables {
  /** The network at the end of the task before; null in the first. */
  readonly previous: Variables | null;
  /**
   * Means of the classes' exemplars, [classes, features], and a distance to add, [classes]; null until they are needed.
   */
  readonly means: { readonly values: tf.Tensor2D; readonly absent: tf.Tensor1D } | null;
}

interface IcarlInputs {
  /** The incoming batch, followed by the exemplars drawn. */
  readonly together: ImageRows;
  /** 1 for each class whose answers are the previous network's, [classes]. */
  readonly isOld: HostTensor<tf.Rank.R1>;
}

interface IcarlOutputs {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** Only where a trace was asked for. */
  readonly traced: { readonly losses: TracedLosses; readonly figures: Figures } | null;
}
type Figures = Omit<Extract<TracedFigures, { readonly kind: 'distillation' }>, 'old'>;

interface MeansInputs {
  /** What stands for each class, in parts. */
  readonly classes: readonly (readonly ImageRows[])[];
}

/**
 * iCaRL (Rebuffi et al. 2017): one sigmoid per class learns new labels and old answers, exemplars are herded at the end
 * of each task, and the nearest mean of exemplars classifies. During a task its latest samples serve as the exemplars
 * of its classes.
 */
export function icarl({ config, classifier, images, imageShape, classCount }: LearnerInput): Method {
  const capacity = config.memoryPerClass * classCount;
  const random = randomStream(config.seed, 'retrieval');
  const exemplars = new Map<number, Stored[]>();
  const current = new Map<number, Stored[]>();
  /** Whether the network has changed since the means were formed. */
  const means = { stale: true };
  const runner = new Runner(
    (): IcarlState => ({
      ...classifier.init(randomStream(config.seed, 'init')),
      previous: null,
      means: null,
    }),
  );

  const rowsOfStored = (stored: readonly Stored[]): ImageRows => ({
    kind: 'images',
    source: images,
    samples: Int32Array.from(stored, ({ sample }) => sample),
    tasks: Int32Array.from(stored, ({ task }) => task),
  });

  /** New classes' targets are one-hot; old classes' are the previous network's answers (Algorithm 3). */
  function targetsOf(previous: Variables | null, batch: LabelledTensors, isOld: tf.Tensor1D): tf.Tensor2D {
    const oneHot = tf.oneHot(batch.labels, classCount).toFloat() as tf.Tensor2D;
    if (previous === null) return oneHot;
    const answers = tf.sigmoid(classifier.classify(previous, batch.images).logits);
    return tf.add(tf.mul(answers, isOld), tf.mul(oneHot, tf.sub(1, isOld)));
  }

  const step = (incoming: number, traced: boolean): Step<IcarlState, IcarlInputs, IcarlOutputs> => ({
    name: `icarl ${incoming}${traced ? ' traced' : ''}`,
    run({ parameters, statistics, previous }, { together, isOld }) {
      const targets = targetsOf(previous, together, isOld);
      const { losses, gradient, batchStatistics } = gradientOf(classifier, parameters, together.images, ({ logits }) =>
        binaryCrossEntropy(logits, targets),
      );
      const next = sgdStep(parameters, gradient, config.learningRate);
      return {
        state: {
          parameters: next,
          statistics: moveStatistics(statistics, batchStatistics),
          previous,
          means: null,
        },
        outputs: {
          losses: tf.slice1d(losses, 0, incoming),
          traced: traced ? told({ before: parameters, after: next, together, targets, isOld, losses, incoming }) : null,
        },
      };
    },
  });

  /** What a trace tells of a step: losses of the incoming images, then of the exemplars, and the targets. */
  function told({
    before,
    after,
    together,
    targets,
    isOld,
    losses,
    incoming,
  }: {
    readonly before: Parameters;
    readonly after: Parameters;
    readonly together: LabelledTensors;
    readonly targets: tf.Tensor2D;
    readonly isOld: tf.Tensor1D;
    readonly losses: tf.Tensor1D;
    readonly incoming: number;
  }): IcarlOutputs['traced'] {
    const logits = classifier.logits(before, together.images);
    const each = binaryCrossEntropies(logits, targets);
    const later = binaryCrossEntropy(classifier.logits(after, together.images), targets);
    const rows = (of: tf.Tensor2D) => tf.slice2d(of, [0, 0], [incoming, classCount]);
    const over = (classes: tf.Tensor) => tf.sum<tf.Tensor1D>(tf.mul(rows(each), classes), 1);
    const exemplarsIn = (of: tf.Tensor1D) => tf.slice1d(of, incoming, of.size - incoming);
    return {
      losses: lossesAround(tf.slice1d(losses, 0, incoming), tf.slice1d(later, 0, incoming)),
      figures: {
        kind: 'distillation',
        targets: rows(targets),
        answers: rows(tf.sigmoid(logits)),
        ofLabels: over(tf.sub(1, isOld)),
        ofAnswers: over(isOld),
        exemplars: losses.size === incoming ? null : { before: exemplarsIn(losses), after: exemplarsIn(later) },
      },
    };
  }

  /** Features of images that come in parts, [n, features]. */
  const featuresOf = (variables: Variables, parts: readonly LabelledTensors[]) =>
    tf.concat(
      parts.map((part) => unitFeatures(classifier.classify(variables, part.images))),
      0,
    );

  const features = {
    ...look<IcarlState, readonly ImageRows[], tf.Tensor2D>('icarl features', featuresOf),
    once: true as const,
  };

  /** Forms the mean of each class's exemplars; a class without any gets none. */
  const formMeans: Step<IcarlState, MeansInputs, null> = {
    name: 'icarl means',
    once: true,
    run(state, { classes }) {
      const rows = classes.map((parts) => {
        if (parts.length === 0) return null;
        const mean = tf.mean(featuresOf(state, parts), 0);
        return tf.div(mean, tf.maximum(tf.norm(mean), 1e-12));
      });
      // Before the first batch no image tells it.
      const [, width] = unitFeatures(classifier.classify(state, tf.zeros([1, imageSize({ imageShape })]))).shape;
      const values = tf.stack(rows.map((row) => row ?? tf.zeros([width]))) as tf.Tensor2D;
      const absent = tf.tensor1d(rows.map((row) => (row === null ? nowhere : 0)));
      return { state: { ...state, means: { values, absent } }, outputs: null };
    },
  };

  /** The samples that stand for each class now: its exemplars, or the latest samples of the current task. */
  function standingFor(label: number): readonly Stored[] {
    const share = Math.max(1, Math.floor(capacity / classCount));
    return exemplars.get(label) ?? current.get(label)?.slice(-share) ?? [];
  }

  const inParts = (stored: readonly Stored[]) =>
    Array.from({ length: Math.ceil(stored.length / chunk) }, (_, part) =>
      rowsOfStored(stored.slice(part * chunk, (part + 1) * chunk)),
    );

  function bringMeansUpToDate(): void {
    if (means.stale)
      runner.run(formMeans, {
        classes: Array.from({ length: classCount }, (_, label) => inParts(standingFor(label))),
      });
    means.stale = false;
  }

  const freeze: Step<IcarlState, null, null> = {
    name: 'icarl freeze',
    once: true,
    run: ({ parameters, statistics }) => ({
      state: {
        parameters,
        statistics,
        previous: { parameters: mapParameters(tf.clone, parameters), statistics: mapParameters(tf.clone, statistics) },
        means: null,
      },
      outputs: null,
    }),
  };

  const { evaluate, answer } = evaluated(runner, {
    /** Minus the squared distance to each class's mean, which ranks classes as the nearest mean does. */
    classify({ means, ...variables }, pictures) {
      if (means === null) throw new Error('iCaRL classified before the means of its classes were formed.');
      const units = unitFeatures(classifier.classify(variables, pictures));
      // |a − b|² = 2 − 2 a·b for vectors of length 1.
      const closeness = tf.transpose(tf.matMul(means.values, tf.transpose(units)));
      return tf.sub(tf.sub(tf.mul(closeness, 2), 2), means.absent);
    },
  });

  return {
    lasting: lastingParts({
      state: runner,
      retrieval: random,
      exemplars: lastingMap(exemplars, savedExemplars),
      // Empty at the end of a task.
      current: lastingMap(current, savedExemplars),
      means: lastingValues(means),
    }),

    stored() {
      const all = [...exemplars].flatMap(([label, kept]) => kept.map((exemplar) => ({ ...exemplar, label })));
      return {
        samples: all.map(({ sample }) => sample),
        labels: all.map(({ label }) => label),
        tasks: all.map(({ task }) => task),
      };
    },

    learn(batch, { traced: tracing, last }) {
      const kept = [...exemplars.values()].flat();
      const drawn = drawWithoutReplacement(Int32Array.from(kept.keys()), Math.min(config.budget, kept.length), random);
      const incoming = Array.from(batch.samples, (sample, index) => ({ sample, task: batch.tasks[index] }));
      const { losses, traced } = runner.run(step(incoming.length, tracing), {
        together: rowsOfStored([...incoming, ...Array.from(drawn, (position) => kept[position])]),
        isOld: numbers(Float32Array.from({ length: classCount }, (_, label) => Number(exemplars.has(label)))),
      });
      means.stale = true;
      if (last) {
        for (const [index, stored] of incoming.entries()) {
          const label = batch.labels[index];
          current.set(label, [...(current.get(label) ?? []), stored]);
        }
      }
      const old = [...exemplars.keys()].toSorted((one, other) => one - other);
      return withoutReplay(losses, traced?.losses, traced && { ...traced.figures, old });
    },

    /** Shortens the exemplars of old classes to their new share, and herds those of new ones (Algorithms 4, 5). */
    async finishTask() {
      const classes = new Set([...exemplars.keys(), ...current.keys()]);
      const share = Math.max(1, Math.floor(capacity / classes.size));
      for (const [label, kept] of exemplars) exemplars.set(label, kept.slice(0, share));
      const herds = [...current].map(([label, samples]) => ({
        label,
        samples,
        features: runner.run(features, inParts(samples)),
      }));
      // The only wait, once a task: which images the memory keeps is known on the host alone, whoever chooses, and every
      // later draw is from there. The evaluation that follows waits as well.
      const read = await Promise.all(herds.map((herd) => herd.features.read()));
      for (const [index, { label, samples }] of herds.entries()) {
        const values = read[index];
        const width = values.length / samples.length;
        const rows = samples.map((_, row) => Array.from({ length: width }, (__, at) => values[row * width + at]));
        exemplars.set(
          label,
          herding(rows, share).map((row) => samples[row]),
        );
      }
      current.clear();
      runner.run(freeze, null);
      means.stale = true;
    },

    evaluate(rows) {
      bringMeansUpToDate();
      return evaluate(rows);
    },

    /** By softmax over minus the squared distances to the means. They are at most 4, so that it is never very sure. */
    answer(pictures) {
      bringMeansUpToDate();
      return answer(pictures);
    },

    dispose: () => runner.dispose(),
  };
}

/** Penultimate features scaled to length 1. */
function unitFeatures({ features }: Output): tf.Tensor2D {
  return tf.div(features, tf.maximum(tf.norm(features, 2, 1, true), 1e-12));
}
