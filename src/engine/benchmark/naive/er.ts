import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../../core/config.ts';
import { randomStream } from '../../../core/random.ts';
import type { Batch } from '../../../core/stream.ts';
import type { LabelledTensors } from '../../data/imageSource.ts';
import { insertBestLosses, lowerBestLosses, noBestLosses } from '../../memory/bestLosses.ts';
import { drawCandidates, Reservoir } from '../../memory/reservoir.ts';
import { type LearnerInput, storedAt } from '../../methods/learner.ts';
import {
  assignAll,
  descended,
  gradientOf,
  mapWeights,
  naiveLosses,
  naivePerceptron,
  naiveResnet,
  variablesOf,
  type Weights,
  type WeightVariables,
} from './network.ts';

/** The rival: the same step, written the obvious way with stock operations of TensorFlow.js. */
export interface NaiveLearner {
  /** Learns one batch; gives its losses before the first update, [batch], which belong to the caller. */
  observe(batch: Batch): tf.Tensor1D | Promise<tf.Tensor1D>;
  dispose(): void;
}

/**
 * Fine-tuning, ER and ER-MIR as anyone would write them first: one variable per weight and bias, `variableGrads` for
 * each of the two gradients, the stock loss, and two more forward passes to score the candidates. It draws the same
 * numbers as the engine's learner, so that both do the same work on the same images. One iteration a batch.
 *
 * @param retrieval what to retrieve by; null replays nothing
 */
export function naiveEr(
  { config, classifier, images, imageShape, classCount }: LearnerInput,
  retrieval: Retrieval | null,
): NaiveLearner {
  const memory = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const best = tf.tidy(() => tf.variable(noBestLosses(memory.capacity)));
  const random = randomStream(config.seed, 'retrieval');
  const initial = classifier.init(randomStream(config.seed, 'init'));
  const [weights, running] = [variablesOf(initial.parameters), variablesOf(initial.statistics)];
  const network = classifier.layers === undefined ? naiveResnet(imageShape) : naivePerceptron;

  const lossesOf = (theta: Weights, { images: pictures, labels }: LabelledTensors, moved: WeightVariables | null) =>
    naiveLosses(network(theta, pictures, moved), labels);
  /** The gradient of the mean loss, and the losses themselves, which are the caller's to free. */
  function lossGradientOf(examples: LabelledTensors): { readonly losses: tf.Tensor1D; readonly gradient: Weights } {
    const losses: tf.Tensor1D[] = [];
    const { gradient } = gradientOf(weights, () => {
      losses.push(tf.keep(lossesOf(weights, examples, running)));
      return losses[0].mean();
    });
    return { losses: losses[0], gradient };
  }

  function retrieve(task: number, gradient: Weights): LabelledTensors | null {
    const drawn = retrieval === null ? null : drawCandidates(memory, task, config.candidates, random);
    if (drawn === null) return null;
    if (retrieval === 'random') return images.tensors(drawn.samples.slice(0, config.budget), drawn.tasks);
    const candidates = images.tensors(drawn.samples, drawn.tasks);
    const slots = tf.tensor1d(drawn.slots, 'int32');
    const before = lossesOf(weights, candidates, null);
    const after = lossesOf(descended(weights, gradient, config.learningRate), candidates, null);
    const reference = config.retrievalScore === 'mi1' ? before : tf.minimum(before, tf.gather(best, slots));
    best.assign(lowerBestLosses(best, slots, before));
    const { indices } = tf.topk(after.sub(reference), Math.min(config.budget, drawn.slots.length));
    return { images: tf.gather(candidates.images, indices), labels: tf.gather(candidates.labels, indices) };
  }

  /** Offers a batch to the memory; gives where its samples are stored. */
  function placesOf(batch: Batch): { readonly slots: tf.Tensor2D; readonly positions: tf.Tensor1D } {
    const { slots, positions } = storedAt(memory.add(batch), batch.samples.length, memory.capacity);
    return { slots: tf.tensor2d(slots.values, slots.shape), positions: tf.tensor1d(positions.values) };
  }

  return {
    observe(batch) {
      return tf.tidy(() => {
        const incoming = images.tensors(batch.samples, batch.tasks);
        const { losses: incomingLosses, gradient } = lossGradientOf(incoming);
        const retrieved = retrieve(batch.tasks[0], gradient);
        const replayed = retrieved === null ? null : lossGradientOf(retrieved);
        const sum =
          replayed === null ? gradient : mapWeights(gradient, (g, name) => tf.add(g, replayed.gradient[name]));
        assignAll(weights, descended(weights, sum, config.learningRate));
        replayed?.losses.dispose();
        best.assign(insertBestLosses(best, placesOf(batch), incomingLosses));
        return incomingLosses;
      });
    },
    dispose() {
      tf.dispose([Object.values(weights), Object.values(running)]);
      best.dispose();
    },
  };
}
