import * as tf from '@tensorflow/tfjs';
import { drawWithoutReplacement, randomStream } from '../../core/random.ts';
import type { Batch } from '../../core/stream.ts';
import { disposeVariables, gradientOf, moveStatistics, type Output, type Variables } from '../models/classifier.ts';
import { binaryCrossEntropy } from '../models/losses.ts';
import { mapParameters, sgdStep, tidy } from '../models/parameters.ts';
import type { Learner, LearnerInput } from './learner.ts';

/**
 * Picks exemplars so that the mean of the first n is near the mean of all, for every n (Rebuffi et al. 2017,
 * Algorithm 4), none twice.
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
    // Distances that are not numbers leave nothing nearest.
    if (nearest === -1) break;
    picked.push(nearest);
    left.delete(nearest);
    for (let i = 0; i < size; i++) sum[i] += features[nearest][i];
  }
  return picked;
}

/** Images of one forward pass over many. */
const chunk = 50;

/** Squared distance that a class without a mean is given: farther than any two points of length 1. */
const nowhere = 1e3;

interface Stored {
  readonly sample: number;
  readonly task: number;
}

/**
 * iCaRL (Rebuffi et al. 2017): a sigmoid per class learns new labels and old answers, exemplars are herded
 * at the end of each task, and the nearest mean of exemplars classifies. Until then the samples of the
 * current task stand in for its exemplars.
 */
export function icarl({ config, classifier, images, classCount }: LearnerInput): Learner {
  const capacity = config.memoryPerClass * classCount;
  const random = randomStream(config.seed, 'retrieval');
  const exemplars = new Map<number, Stored[]>();
  const current = new Map<number, Stored[]>();
  let variables: Variables = tidy(() => classifier.init(randomStream(config.seed, 'init')));
  let previous: Variables | null = null;
  /** Means of the classes' exemplars, [classes, features]; null when the network has changed since. */
  let means: { readonly values: tf.Tensor2D; readonly absent: tf.Tensor1D } | null = null;

  const tensorsOf = (stored: readonly Stored[]) =>
    images(
      Int32Array.from(stored, ({ sample }) => sample),
      Int32Array.from(stored, ({ task }) => task),
    );

  /** New classes' targets are one-hot; old classes' are the previous network's answers (Algorithm 3). */
  function targetsOf(batch: { images: tf.Tensor2D; labels: tf.Tensor1D }): tf.Tensor2D {
    const oneHot = tf.oneHot(batch.labels, classCount).toFloat() as tf.Tensor2D;
    if (previous === null) return oneHot;
    const answers = tf.sigmoid(classifier.classify(previous, batch.images).logits);
    const isOld = tf.tensor1d(Array.from({ length: classCount }, (_, label) => (exemplars.has(label) ? 1 : 0)));
    return tf.add(tf.mul(answers, isOld), tf.mul(oneHot, tf.sub(1, isOld)));
  }

  function iterate(batch: Batch): tf.Tensor1D {
    const kept = [...exemplars.values()].flat();
    const drawn = drawWithoutReplacement(Int32Array.from(kept.keys()), Math.min(config.budget, kept.length), random);
    const incoming = Array.from(batch.samples, (sample, index) => ({ sample, task: batch.tasks[index] }));
    const { losses, next } = tidy(() => {
      const together = tensorsOf([...incoming, ...Array.from(drawn, (position) => kept[position])]);
      const targets = targetsOf(together);
      const { parameters, statistics } = variables;
      const step = gradientOf(classifier, parameters, together.images, ({ logits }) =>
        binaryCrossEntropy(logits, targets),
      );
      return {
        losses: tf.slice1d(step.losses, 0, incoming.length),
        next: {
          parameters: sgdStep(parameters, step.gradient, config.learningRate),
          statistics: moveStatistics(statistics, step.batchStatistics),
        },
      };
    });
    disposeVariables(variables);
    variables = next;
    return losses;
  }

  /** Penultimate features scaled to length 1. */
  function unitFeatures({ features }: Output): tf.Tensor2D {
    return tf.div(features, tf.maximum(tf.norm(features, 2, 1, true), 1e-12));
  }

  function featuresOf(stored: readonly Stored[]): tf.Tensor2D {
    const parts: tf.Tensor2D[] = [];
    for (let from = 0; from < stored.length; from += chunk) {
      const part = stored.slice(from, from + chunk);
      parts.push(tidy(() => unitFeatures(classifier.classify(variables, tensorsOf(part).images))));
    }
    return tf.concat(parts, 0);
  }

  function forgetMeans(): void {
    tf.dispose([means?.values ?? [], means?.absent ?? []]);
    means = null;
  }

  function classMeans() {
    means ??= tidy(() => {
      const share = Math.max(1, Math.floor(capacity / classCount));
      const ofClass = (label: number) => exemplars.get(label) ?? current.get(label)?.slice(-share) ?? [];
      const stored = Array.from({ length: classCount }, (_, label) => ofClass(label));
      const width = classifier.classify(variables, tensorsOf([{ sample: 0, task: 1 }]).images).features.shape[1];
      const rows = stored.map((samples) => {
        if (samples.length === 0) return tf.zeros([width]);
        const mean = tf.mean(featuresOf(samples), 0);
        return tf.div(mean, tf.maximum(tf.norm(mean), 1e-12));
      });
      // They outlive the caller's tidy: an evaluation classifies chunk by chunk.
      return {
        values: tf.keep(tf.stack(rows) as tf.Tensor2D),
        absent: tf.keep(tf.tensor1d(stored.map((samples) => (samples.length === 0 ? nowhere : 0)))),
      };
    });
    return means;
  }

  return {
    stored() {
      const all = [...exemplars].flatMap(([label, kept]) => kept.map(({ task }) => ({ label, task })));
      return { labels: all.map(({ label }) => label), tasks: all.map(({ task }) => task) };
    },

    observe(batch) {
      forgetMeans();
      const losses = iterate(batch);
      for (let iteration = 1; iteration < config.iterations; iteration++) iterate(batch).dispose();
      batch.samples.forEach((sample, index) => {
        const label = batch.labels[index];
        current.set(label, [...(current.get(label) ?? []), { sample, task: batch.tasks[index] }]);
      });
      return { losses, replays: [] };
    },

    /** Shortens the exemplars of old classes to their new share, and herds those of new ones (Algorithms 4, 5). */
    async finishTask() {
      const classes = new Set([...exemplars.keys(), ...current.keys()]);
      const share = Math.max(1, Math.floor(capacity / classes.size));
      for (const [label, kept] of exemplars) exemplars.set(label, kept.slice(0, share));
      for (const [label, samples] of current) {
        const features = tidy(() => featuresOf(samples));
        const rows = await features.array();
        features.dispose();
        exemplars.set(
          label,
          herding(rows, share).map((row) => samples[row]),
        );
      }
      current.clear();
      if (previous !== null) disposeVariables(previous);
      previous = tidy(() => ({
        parameters: mapParameters(tf.clone, variables.parameters),
        statistics: mapParameters(tf.clone, variables.statistics),
      }));
      forgetMeans();
    },

    /** Minus the squared distance to each class's mean, which ranks classes as the nearest mean does. */
    classify(batch) {
      const { values, absent } = classMeans();
      const features = unitFeatures(classifier.classify(variables, batch));
      // |a − b|² = 2 − 2 a·b for vectors of length 1.
      const closeness = tf.transpose(tf.matMul(values, tf.transpose(features)));
      return tf.sub(tf.sub(tf.mul(closeness, 2), 2), absent);
    },

    dispose() {
      forgetMeans();
      disposeVariables(variables);
      if (previous !== null) disposeVariables(previous);
    },
  };
}
