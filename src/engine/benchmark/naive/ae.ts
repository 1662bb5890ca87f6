import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../../core/config.ts';
import { randomStream } from '../../../core/random.ts';
import type { Batch } from '../../../core/stream.ts';
import { type Candidates, drawCandidates, Reservoir } from '../../retrieval/reservoir.ts';
import type { LearnerInput } from '../../methods/learner.ts';
import { autoencoder } from '../../models/autoencoder.ts';
import {
  convolution,
  transposedConvolution,
  assignAll,
  byBatch,
  byRunning,
  descended,
  gradientOf,
  mapWeights,
  naiveLosses,
  type NaiveNormalise,
  naivePerceptron,
  naiveResnet,
  variablesOf,
  type Weights,
  type NaiveLearner,
} from './er.ts';
import { naiveSoftLosses, stockAdam } from './gen.ts';

/**
 * The candidates nearest to some points, as many for each point, none twice: the points choose one after another,
 * each the nearest of what is left.
 *
 * @param distances of each point to each candidate
 * @returns positions among the candidates; the order is the engine's (retrieval/nearestLatents.ts)
 */
export function nearestOnHost(distances: readonly (readonly number[])[], count: number): Int32Array {
  const taken = Math.min(count, distances[0].length);
  const left = new Set(distances[0].keys());
  const chosen = distances.map((row, point) => {
    const share = Math.floor((taken + distances.length - 1 - point) / distances.length);
    const own = [...left].sort((one, other) => row[one] - row[other]).slice(0, share);
    for (const position of own) left.delete(position);
    return own;
  });
  const ranks = Math.max(...chosen.map((own) => own.length));
  return Int32Array.from(
    Array.from({ length: ranks }, (_, rank) => chosen.flatMap((own) => own.slice(rank, rank + 1))).flat(),
  );
}

/** The autoencoder's halves in stock operations, on [n, numbers in an image] and [n, latent size]. */
interface NaiveAutoencoder {
  encode(weights: Weights, normalise: NaiveNormalise, images: tf.Tensor2D): tf.Tensor2D;
  decode(weights: Weights, normalise: NaiveNormalise, latents: tf.Tensor2D): tf.Tensor2D;
}

/** @param filters channels of every hidden layer */
function naiveAutoencoder(
  [height, width, channels]: readonly [number, number, number],
  filters: number,
): NaiveAutoencoder {
  const [rows, columns] = [height / 8, width / 8];
  const filter = (weights: Weights, name: string) => weights[`${name}.weight`] as tf.Tensor4D;
  const residual = (weights: Weights, normalise: NaiveNormalise, x: tf.Tensor4D, name: string): tf.Tensor4D => {
    const wide = convolution(tf.relu(x), filter(weights, `${name}.conv3`), 1, 1).add<tf.Tensor4D>(
      weights[`${name}.conv3.bias`],
    );
    const hidden = tf.relu(normalise(wide, `${name}.bn`));
    return x.add(convolution(hidden, filter(weights, `${name}.conv1`), 1, 0).add(weights[`${name}.conv1.bias`]));
  };
  return {
    encode(weights, normalise, images) {
      let x: tf.Tensor4D = tf.reshape(images, [images.shape[0], height, width, channels]);
      for (const layer of [0, 3, 6])
        x = tf.relu(normalise(convolution(x, filter(weights, `encoder.${layer}`), 2, 1), `encoder.${layer + 1}`));
      x = normalise(residual(weights, normalise, x, 'encoder.9'), 'encoder.10');
      return tf.reshape(residual(weights, normalise, x, 'encoder.11'), [images.shape[0], rows * columns * filters]);
    },
    decode(weights, normalise, latents) {
      let x: tf.Tensor4D = tf.reshape(latents, [latents.shape[0], rows, columns, filters]);
      x = normalise(residual(weights, normalise, x, 'decoder.0'), 'decoder.1');
      x = normalise(residual(weights, normalise, x, 'decoder.2'), 'decoder.3');
      for (const layer of [4, 7])
        x = tf.relu(
          normalise(transposedConvolution(x, filter(weights, `decoder.${layer}`), 2, 1), `decoder.${layer + 1}`),
        );
      x = tf.tanh(transposedConvolution(x, filter(weights, 'decoder.10'), 2, 1));
      return tf.reshape(x, [latents.shape[0], height * width * channels]);
    },
  };
}

/** A {@link NaiveLearner} whose autoencoder learns a task first. */
interface NaiveHybridLearner extends NaiveLearner {
  /** Called before the first batch of each task; yields after every update. */
  startTask(batches: readonly Batch[]): Generator<void, void>;
  reconstruct(images: tf.Tensor2D): tf.Tensor2D;
}

/** Weight of the divergence and step size of the ascent: the authors'. */
const interferenceWeight = 200;
const stepSize = 10;

/**
 * AE-ER and AE-MIR (paper, Algorithm 3) as anyone would write them first: stock layers and batch normalisation,
 * `variableGrads`, the stock optimiser; the nearest latents are chosen on the host. It draws the same numbers as the
 * engine's learner. One iteration a batch.
 */
export function naiveAe(
  { config, classifier, images, imageShape, classCount }: LearnerInput,
  retrieval: Retrieval,
): NaiveHybridLearner {
  const initRandom = randomStream(config.seed, 'init');
  const initial = classifier.init(initRandom);
  const [theta, thetaRunning] = [variablesOf(initial.parameters), variablesOf(initial.statistics)];
  const network = classifier.layers === undefined ? naiveResnet(imageShape) : naivePerceptron;
  const shape = { imageShape, filters: config.aeFilters };
  const like = autoencoder(shape);
  const { latentSize } = like;
  const start = like.init(initRandom);
  const [phi, phiRunning] = [variablesOf(start.parameters), variablesOf(start.statistics)];
  const coder = naiveAutoencoder(imageShape, config.aeFilters);
  const optimizer = stockAdam();

  const slots = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
  const empty = tf.zeros([slots.capacity, latentSize]);
  const latents = tf.variable(empty);
  empty.dispose();
  const latentRandom = randomStream(config.seed, 'latent');
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  let previous: Weights | null = null;

  /** An autoencoder in evaluation mode. */
  const evaluated = (weights: Weights, running: Weights) => ({
    encode: (pictures: tf.Tensor2D) => coder.encode(weights, byRunning(weights, running), pictures),
    decode: (codes: tf.Tensor2D) => coder.decode(weights, byRunning(weights, running), codes),
  });
  const now = evaluated(phi, phiRunning);
  const stored = (at: Int32Array): tf.Tensor2D => tf.gather(latents as tf.Tensor2D, tf.tensor1d(at, 'int32'));

  /** One update of the autoencoder on a batch and on replayed pictures, decoded as before this task. */
  function update(batch: Batch, before: ReturnType<typeof evaluated>): void {
    const drawn = drawCandidates(slots, batch.tasks[0], config.aeReplays, latentRandom);
    tf.tidy(() => {
      const incoming = images.tensors(batch.samples, batch.tasks).images;
      const seen = drawn === null ? incoming : tf.concat2d([incoming, before.decode(stored(drawn.slots))], 0);
      const { grads } = tf.variableGrads(() => {
        const normalise = byBatch(phi, phiRunning);
        return tf.losses.meanSquaredError<tf.Tensor, tf.Scalar>(
          seen,
          coder.decode(phi, normalise, coder.encode(phi, normalise, seen)),
        );
      }, Object.values(phi));
      optimizer.applyGradients(grads);
    });
  }

  /** Encodes every stored picture by the new encoder. */
  function encodeAnew(task: number, before: ReturnType<typeof evaluated>): void {
    tf.tidy(() => {
      const [old, own] = [slots.slotsOfOtherTasks(task), slots.slotsOfTask(task)];
      const samples = own.map((slot) => slots.samples[slot]);
      const write = (at: Int32Array, codes: tf.Tensor2D) =>
        latents.assign(tf.tensorScatterUpdate(latents, tf.tensor2d(at, [at.length, 1], 'int32'), codes));
      if (old.length > 0) write(old, now.encode(before.decode(stored(old))));
      if (own.length > 0) write(own, now.encode(images.tensors(samples, new Int32Array(own.length).fill(task)).images));
    });
  }

  /** Positions of the candidates nearest to where the ascent from the encoded batch ends. */
  async function searched(batch: Batch, drawn: Candidates): Promise<Int32Array> {
    const distances = tf.tidy(() => {
      const raw = images.tensors(batch.samples, batch.tasks);
      const encoded = now.encode(raw.images);
      const { gradient } = gradientOf(theta, () =>
        naiveLosses(network(theta, now.decode(encoded), null), raw.labels).mean<tf.Scalar>(),
      );
      const virtual = descended(theta, gradient, config.learningRate);
      const climb = tf.grad((at) => {
        const made = now.decode(at as tf.Tensor2D);
        const before = network(previous ?? theta, made, null);
        const after = network(virtual, made, null);
        const [sure, sureAfter] = [before, after].map((logits) => naiveSoftLosses(tf.softmax(logits), logits));
        const divergence = naiveSoftLosses(tf.softmax(before), after).sub(sure);
        return divergence
          .mul(interferenceWeight / classCount)
          .sub(sure)
          .sub<tf.Tensor>(sureAfter)
          .sum();
      });
      const moved = encoded.add<tf.Tensor2D>(climb(encoded).mul(stepSize));
      const found = moved.where(moved.isFinite().all(1, true).tile([1, latentSize]), encoded);
      return found.expandDims(1).sub(stored(drawn.slots).expandDims(0)).square().sum<tf.Tensor2D>(2);
    });
    const rows = await distances.array();
    distances.dispose();
    return nearestOnHost(rows, config.aeReplays);
  }

  /** One step of the classifier; gives the losses of the incoming images. */
  function learn(batch: Batch, drawn: Candidates | null, picks: Int32Array): tf.Tensor1D {
    return tf.tidy(() => {
      const raw = images.tensors(batch.samples, batch.tasks);
      const own = batch.samples.length;
      const all = own + picks.length;
      let [seen, labels] = [raw.images, raw.labels];
      if (drawn !== null) {
        seen = tf.concat2d(
          [now.decode(now.encode(raw.images)), now.decode(stored(picks.map((pick) => drawn.slots[pick])))],
          0,
        );
        labels = tf.concat1d([
          raw.labels,
          tf.tensor1d(
            picks.map((pick) => drawn.labels[pick]),
            'int32',
          ),
        ]);
      }
      const share = drawn === null ? 0 : config.aeReplayShare;
      const weights = tf.concat1d([tf.fill([own], (1 - share) / all), tf.fill([all - own], share / all)]);
      const kept: tf.Tensor1D[] = [];
      const { gradient } = gradientOf(theta, () => {
        const losses = naiveLosses(network(theta, seen, thetaRunning), labels);
        kept.push(tf.keep(losses));
        return losses.mul(weights).sum();
      });
      assignAll(theta, descended(theta, gradient, config.learningRate));
      const losses = kept[0].slice(0, own);
      kept[0].dispose();
      return losses;
    });
  }

  return {
    *startTask(batches) {
      const copy = (weights: Weights) => mapWeights(weights, (weight) => weight.clone());
      if (previous !== null) tf.dispose(Object.values(previous));
      previous = batches[0].tasks[0] === 1 ? null : copy(theta);
      const [weights, running] = [copy(phi), copy(phiRunning)];
      const before = evaluated(weights, running);
      const total = config.aeEpochs * batches.length;
      try {
        for (let done = 0; done < total; done++) {
          const batch = batches[done % batches.length];
          update(batch, before);
          if (done >= total - batches.length) slots.add(batch);
          yield;
        }
        encodeAnew(batches[0].tasks[0], before);
      } finally {
        tf.dispose([Object.values(weights), Object.values(running)]);
      }
    },
    async observe(batch) {
      const drawn = drawCandidates(slots, batch.tasks[0], config.aeCandidates, retrievalRandom);
      if (drawn === null) return learn(batch, null, new Int32Array());
      const first = Int32Array.from(
        { length: Math.min(config.aeReplays, drawn.slots.length) },
        (_, position) => position,
      );
      return learn(batch, drawn, retrieval === 'mir' ? await searched(batch, drawn) : first);
    },
    reconstruct: (pictures) => now.decode(now.encode(pictures)),
    dispose() {
      optimizer.dispose();
      latents.dispose();
      tf.dispose([theta, thetaRunning, phi, phiRunning, previous ?? {}].flatMap((weights) => Object.values(weights)));
    },
  };
}
