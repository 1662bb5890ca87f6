import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../engine/config.ts';
import type { Batch } from '../../engine/data/stream.ts';
import { BestLosses } from '../../engine/memory/bestLosses.ts';
import { Reservoir } from '../../engine/memory/reservoir.ts';
import type { LearnerInput } from '../../engine/methods/learner.ts';
import type { LabelledTensors } from '../../engine/models/lossGradient.ts';
import { drawWithoutReplacement, randomStream } from '../../engine/random.ts';

/** The rival: the same step, written the obvious way with stock operations of TensorFlow.js. */
export interface NaiveLearner {
  /** Learns one batch; gives its losses before the update, [batch], which belong to the caller. */
  observe(batch: Batch): tf.Tensor1D;
  dispose(): void;
}

/** One layer: W [in, out] and b [out]. */
type Layer = readonly [tf.Tensor2D, tf.Tensor1D];

function logitsOf(layers: readonly Layer[], images: tf.Tensor2D): tf.Tensor2D {
  return layers.reduce((x, [weight, bias], index) => {
    const z = tf.add<tf.Tensor2D>(tf.matMul(x, weight), bias);
    return index === layers.length - 1 ? z : tf.relu(z);
  }, images);
}

function lossesOf(layers: readonly Layer[], { images, labels }: LabelledTensors): tf.Tensor1D {
  const logits = logitsOf(layers, images);
  const oneHot = tf.oneHot(labels, logits.shape[1]);
  return tf.losses.softmaxCrossEntropy(oneHot, logits, 1, 0, tf.Reduction.NONE);
}

/**
 * What anyone would write first: one variable per weight and bias, `variableGrads` for each of the two
 * gradients, the stock loss, and two more forward passes to score the candidates. It draws the same
 * numbers as the engine's learner, so that both do the same work on the same images.
 *
 * @param retrieval what to retrieve by; null replays nothing
 */
export function naiveLearner({ config, classifier, images, classCount }: LearnerInput, retrieval: Retrieval | null): NaiveLearner {
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const bestLosses = new BestLosses(memory.capacity);
  const random = randomStream(config.seed, 'retrieval');
  const initial = tf.tidy(() => Object.values(classifier.init(randomStream(config.seed, 'init')).parameters).map((tensor) => (tensor.rank === 2 ? tensor.transpose() : tensor)));
  const variables = initial.map((tensor) => tf.variable(tensor));
  tf.dispose(initial);

  const layersOf = (tensors: readonly tf.Tensor[]): Layer[] =>
    Array.from({ length: tensors.length / 2 }, (_, index) => [tensors[2 * index] as tf.Tensor2D, tensors[2 * index + 1] as tf.Tensor1D]);
  const layers = layersOf(variables);
  const gradientOf = (examples: LabelledTensors) => {
    const { grads } = tf.variableGrads(() => lossesOf(layers, examples).mean(), variables);
    return variables.map((variable) => grads[variable.name]);
  };
  const stepped = (gradient: readonly tf.Tensor[]) =>
    variables.map((variable, index) => variable.sub(gradient[index].mul(config.learningRate)));

  function retrieve(task: number, gradient: readonly tf.Tensor[]): LabelledTensors | null {
    const eligible = memory.slotsOfOtherTasks(task);
    if (retrieval === null || eligible.length === 0) return null;
    const drawn = drawWithoutReplacement(eligible, Math.min(config.candidates, eligible.length), random);
    const samples = drawn.map((slot) => memory.samples[slot]);
    const tasks = drawn.map((slot) => memory.tasks[slot]);
    if (retrieval === 'random') return images(samples.slice(0, config.budget), tasks);
    const candidates = images(samples, tasks);
    const slots = tf.tensor1d(drawn, 'int32');
    const before = lossesOf(layers, candidates);
    const after = lossesOf(layersOf(stepped(gradient)), candidates);
    const reference = config.retrievalScore === 'mi1' ? before : tf.minimum(before, bestLosses.of(slots));
    bestLosses.lower(slots, before);
    const { indices } = tf.topk(after.sub(reference), Math.min(config.budget, drawn.length));
    return { images: tf.gather(candidates.images, indices), labels: tf.gather(candidates.labels, indices) };
  }

  return {
    observe(batch) {
      const losses = tf.tidy(() => {
        const incoming = images(batch.samples, batch.tasks);
        const lossesBefore = lossesOf(layers, incoming);
        const gradient = gradientOf(incoming);
        const replayed = retrieve(batch.tasks[0], gradient);
        const replayGradient = replayed === null ? null : gradientOf(replayed);
        const sum = replayGradient === null ? gradient : gradient.map((g, index) => g.add(replayGradient[index]));
        const next = stepped(sum);
        variables.forEach((variable, index) => variable.assign(next[index]));
        return lossesBefore;
      });
      bestLosses.insert(memory.add(batch), losses);
      return losses;
    },
    dispose() {
      tf.dispose(variables);
      bestLosses.dispose();
    },
  };
}
