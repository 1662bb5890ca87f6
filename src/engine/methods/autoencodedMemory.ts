import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../core/random.ts';
import { type Lasting, lastingParts, lastingValues } from '../../core/checkpoint.ts';
import type { Batch } from '../../core/stream.ts';
import { drawCandidates, Reservoir } from '../retrieval/reservoir.ts';
import { adamRate, type AdamMoments, adamStep, mapParameters, type Parameters } from '../models/parameters.ts';
import type { Autoencoder } from '../models/autoencoder.ts';
import { gradientOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { squaredError } from '../models/losses.ts';
import type { Runner } from '../runner/runner.ts';
import { type HostTensor, type ImageRows, numbers, type Step } from '../runner/step.ts';
import { type LearnerInput, type Preparation, rowsOf } from './learner.ts';

/** Adam's, as the authors leave it. */
const learningRate = 1e-3;
/** The interval, in updates, at which one gives its loss; it shows the consumer how far the device is. */
const lossInterval = 10;
/** Latents that are written together. */
const largestGroup = 100;

/** The state of hybrid replay. */
export interface AeState {
  readonly classifier: Variables;
  /** The classifier at the end of the task before; null in the first. */
  readonly previous: Parameters | null;
  readonly coder: Variables;
  readonly moments: AdamMoments;
  /** The autoencoder before the current task, which decodes the stored latents; null at other times. */
  readonly before: Variables | null;
  /** The latent in each slot of the memory, [capacity, latent size]. */
  readonly latents: tf.Tensor2D;
}

interface UpdateInputs {
  readonly incoming: ImageRows;
  /** Slots of the latents that are replayed; null where there are none. */
  readonly replayed: HostTensor<tf.Rank.R1> | null;
  readonly rate: HostTensor<tf.Rank.R1>;
}

/**
 * The pictures from which a group of latents is encoded: decoded by the autoencoder before this task, or this task's
 * own images.
 */
type Origin =
  | { readonly kind: 'latents'; readonly slots: HostTensor<tf.Rank.R1> }
  | { readonly kind: 'pictures'; readonly images: ImageRows };

/** An autoencoder that learns one task after another, and a memory of its latents (paper, section 3.3, Algorithm 3). */
export class AutoencodedMemory {
  /** Samples, labels and tasks of what is stored; the latents are part of the state. */
  readonly slots: Reservoir;
  readonly lasting: Lasting;
  readonly #input: LearnerInput;
  readonly #coder: Autoencoder;
  readonly #random;
  readonly #done = { updates: 0 };

  constructor(input: LearnerInput, coder: Autoencoder) {
    const { config, classCount } = input;
    this.#input = input;
    this.#coder = coder;
    this.slots = new Reservoir(config.memoryPerClass * classCount, randomStream(config.seed, 'memory'));
    this.#random = randomStream(config.seed, 'latent');
    this.lasting = lastingParts({ slots: this.slots, random: this.#random, done: lastingValues(this.#done) });
  }

  /**
   * Learns a task: N_gen passes of Adam on its images and on replayed ones. In the last pass the batches are offered to
   * the memory; then every stored latent is encoded anew. Yields after every update and while encoding.
   */
  *learn(runner: Runner<AeState>, batches: readonly Batch[]): Generator<Preparation, void, void> {
    const total = this.#input.config.aeEpochs * batches.length;
    runner.run(keepCoder, null);
    try {
      for (let done = 0; done < total; done++) {
        const batch = batches[done % batches.length];
        const loss = runner.run(this.#update, this.#drawUpdate(batch));
        const told = done % lossInterval === 0;
        if (!told) loss.drop();
        if (done >= total - batches.length) this.slots.add(batch);
        yield { done: done + 1, total, loss: told ? loss : null };
      }
      for (const _ of this.#encodeAnew(runner, batches[0].tasks[0])) yield { done: total, total, loss: null };
    } finally {
      runner.run(forgetCoder, null);
    }
  }

  #drawUpdate(batch: Batch): UpdateInputs {
    const drawn = drawCandidates(this.slots, batch.tasks[0], this.#input.config.aeReplays, this.#random);
    this.#done.updates += 1;
    return {
      incoming: rowsOf(this.#input.images, batch),
      replayed: drawn && numbers(drawn.slots),
      rate: numbers(adamRate(this.#done.updates, learningRate)),
    };
  }

  /** One step of Adam on a batch and on latents of earlier tasks, decoded as before this task. */
  readonly #update: Step<AeState, UpdateInputs, tf.Scalar> = {
    name: 'autoencoder update',
    run: (state, { incoming: { images }, replayed, rate }) => {
      const { coder, moments, before, latents } = state;
      const seen =
        replayed === null || before === null
          ? images
          : tf.concat([images, this.#coder.decode(before, tf.gather(latents, replayed))]);
      const errors = gradientOf(this.#coder, coder.parameters, seen, ({ reconstructions }) =>
        squaredError(reconstructions, seen),
      );
      const next = adamStep(coder.parameters, errors.gradient, moments, rate);
      return {
        state: {
          ...state,
          coder: {
            parameters: next.parameters,
            statistics: moveStatistics(coder.statistics, errors.batchStatistics),
          },
          moments: next.moments,
        },
        outputs: tf.mean<tf.Scalar>(errors.losses),
      };
    },
  };

  /**
   * Replaces every stored latent by the new encoder's latent of its picture; yields now and then. The picture of an
   * earlier task's latent is the latent decoded as before this task; this task's own images are still available.
   */
  *#encodeAnew(runner: Runner<AeState>, task: number): Generator<void, void> {
    const { images } = this.#input;
    yield* this.#write(runner, this.slots.slotsOfOtherTasks(task), (group) => ({
      kind: 'latents',
      slots: numbers(group),
    }));
    yield* this.#write(runner, this.slots.slotsOfTask(task), (group) => {
      const samples = group.map((slot) => this.slots.samples[slot]);
      return { kind: 'pictures', images: rowsOf(images, { samples, tasks: new Int32Array(group.length).fill(task) }) };
    });
  }

  /**
   * Writes the latents of slots, which are distinct, group by group; yields after each. All groups have one size, so
   * that one step serves them all: the last group is filled up with slots that it already contains.
   */
  *#write(runner: Runner<AeState>, slots: Int32Array, originOf: (group: Int32Array) => Origin): Generator<void, void> {
    const size = Math.min(largestGroup, this.slots.capacity);
    for (let from = 0; from < slots.length; from += size) {
      const group = slots.slice(from, from + size);
      const full = Int32Array.from({ length: size }, (_, position) => group[position % group.length]);
      const to = numbers<tf.Rank.R2>(group, [group.length, 1]);
      const origin = originOf(full);
      switch (origin.kind) {
        case 'latents':
          runner.run(this.#encodeLatents, { to, slots: origin.slots });
          break;
        case 'pictures':
          runner.run(this.#encodePictures, { to, images: origin.images });
          break;
        default:
          origin satisfies never;
      }
      yield;
    }
  }

  readonly #encodeLatents: Step<
    AeState,
    { readonly to: HostTensor<tf.Rank.R2>; readonly slots: HostTensor<tf.Rank.R1> },
    null
  > = {
    name: 'autoencoder latents',
    run: (state, { to, slots }) =>
      this.#stored(state, to, this.#coder.decode(state.before ?? state.coder, tf.gather(state.latents, slots))),
  };

  readonly #encodePictures: Step<AeState, { readonly to: HostTensor<tf.Rank.R2>; readonly images: ImageRows }, null> = {
    name: 'autoencoder pictures',
    run: (state, { to, images: { images } }) => this.#stored(state, to, images),
  };

  /** Encodes pictures, [m, numbers], and stores the first n latents in slots, [n, 1]. */
  #stored(state: AeState, to: tf.Tensor2D, pictures: tf.Tensor2D): { state: AeState; outputs: null } {
    const { latents } = state;
    const encoded = tf.slice(this.#coder.encode(state.coder, pictures), [0, 0], [to.shape[0], latents.shape[1]]);
    return { state: { ...state, latents: tf.tensorScatterUpdate<tf.Rank.R2>(latents, to, encoded) }, outputs: null };
  }
}

const keepCoder: Step<AeState, null, null> = {
  name: 'autoencoder keep',
  once: true,
  run: (state) => ({ state: { ...state, before: copyOf(state.coder) }, outputs: null }),
};

const forgetCoder: Step<AeState, null, null> = {
  name: 'autoencoder forget',
  once: true,
  run: (state) => ({ state: { ...state, before: null }, outputs: null }),
};

function copyOf({ parameters, statistics }: Variables): Variables {
  return { parameters: mapParameters(tf.clone, parameters), statistics: mapParameters(tf.clone, statistics) };
}
