import * as tf from '@tensorflow/tfjs';
import { type Random, randomStream } from '../../core/random.ts';
import type { Batch } from '../../core/stream.ts';
import { LatentMemory } from '../memory/latentMemory.ts';
import { drawCandidates, type Reservoir } from '../memory/reservoir.ts';
import { type AdamMoments, adamStep, initialMoments } from '../models/adam.ts';
import { type Autoencoder, autoencoder } from '../models/autoencoder.ts';
import { disposeVariables, gradientOf, moveStatistics, type Variables } from '../models/classifier.ts';
import { squaredError } from '../models/losses.ts';
import { mapParameters, type Parameters, tidy } from '../models/parameters.ts';
import { type Arrival, ReadBacks } from '../runner/readBacks.ts';
import type { LearnerInput, Preparation } from './learner.ts';

/** Adam's, as the authors leave it. */
const learningRate = 1e-3;
/** Updates after which a loss is read back, so that a slow device is never far behind. */
const readBackInterval = 10;

/** An autoencoder that learns one task after another, and a memory of its latents (paper, section 3.3, Algorithm 3). */
export class AutoencodedMemory {
  private readonly input: LearnerInput;
  private readonly coder: Autoencoder;
  private readonly memory: LatentMemory;
  private readonly random: Random;
  private variables: Variables;
  private moments: AdamMoments;

  /** @param initRandom what the autoencoder's weights are drawn from */
  constructor(input: LearnerInput, initRandom: Random) {
    const { config, imageShape, classCount } = input;
    this.input = input;
    this.coder = autoencoder({ imageShape, filters: config.aeFilters });
    this.memory = new LatentMemory(
      config.memoryPerClass * classCount,
      this.coder.latentSize,
      randomStream(config.seed, 'memory'),
    );
    this.random = randomStream(config.seed, 'latent');
    this.variables = tidy(() => this.coder.init(initRandom));
    this.moments = tidy(() => initialMoments(this.variables.parameters));
  }

  /** Samples, labels and tasks of what is stored. */
  get slots(): Reservoir {
    return this.memory.slots;
  }

  /** Latents of slots, [n, latent size]. */
  latentsOf(slots: Int32Array): tf.Tensor2D {
    return this.memory.of(slots);
  }

  /** Latents of images, [n, latent size]; in evaluation mode, as `decode`. */
  encode(images: tf.Tensor2D): tf.Tensor2D {
    return this.coder.encode(this.variables, images);
  }

  /** Images of latents, [n, numbers in an image]. */
  decode(latents: tf.Tensor2D): tf.Tensor2D {
    return this.coder.decode(this.variables, latents);
  }

  /**
   * Learns a task: N_gen passes of Adam on its images and on replayed ones. In the last pass the batches are offered
   * to the memory, and then every stored latent is encoded anew. Yields after every update, and on the way.
   */
  async *learn(batches: readonly Batch[]): AsyncGenerator<Preparation, void, void> {
    const total = this.input.config.aeEpochs * batches.length;
    const readBacks = new ReadBacks(2);
    // The autoencoder as it is before this task, which stored latents are for; kept no longer than the task is learnt.
    const before = tidy(() => ({
      parameters: copyOf(this.variables.parameters),
      statistics: copyOf(this.variables.statistics),
    }));
    try {
      for (let done = 0; done < total; done++) {
        const batch = batches[done % batches.length];
        const loss = this.update(batch, before);
        if (done % readBackInterval === 0) readBacks.push(arrivalOf(loss));
        else loss.dispose();
        await readBacks.arrived();
        if (done >= total - batches.length) this.slots.add(batch);
        yield { done: done + 1, total };
      }
      for (const _ of this.encodeAnew(batches[0].tasks[0], before)) yield { done: total, total };
    } finally {
      disposeVariables(before);
    }
  }

  dispose(): void {
    disposeVariables(this.variables);
    tf.dispose([this.moments.means, this.moments.squares]);
    this.memory.dispose();
  }

  /**
   * One step of Adam on a batch and on latents of earlier tasks, as they decoded before this task.
   *
   * @returns mean squared error, a scalar
   */
  private update(batch: Batch, before: Variables): tf.Scalar {
    const { coder, variables, moments, memory } = this;
    const { images, config } = this.input;
    const drawn = drawCandidates(memory.slots, batch.tasks[0], config.aeReplays, this.random);
    const step = tidy(() => {
      const incoming = images(batch.samples, batch.tasks).images;
      const seen = drawn === null ? incoming : tf.concat([incoming, coder.decode(before, memory.of(drawn.slots))]);
      const errors = gradientOf(coder, variables.parameters, seen, ({ reconstructions }) =>
        squaredError(reconstructions, seen),
      );
      const next = adamStep(variables.parameters, errors.gradient, moments, learningRate);
      return {
        loss: tf.mean<tf.Scalar>(errors.losses),
        variables: {
          parameters: next.parameters,
          statistics: moveStatistics(variables.statistics, errors.batchStatistics),
        },
        moments: next.moments,
      };
    });
    disposeVariables(variables);
    tf.dispose([moments.means, moments.squares]);
    this.variables = step.variables;
    this.moments = step.moments;
    return step.loss;
  }

  /**
   * Replaces every stored latent by what the new encoder makes of its picture; yields now and then. The picture of
   * an earlier task's latent is how it decoded before this task; this task's images themselves are still at hand.
   */
  private *encodeAnew(task: number, before: Variables): Generator<void, void> {
    const { memory, coder } = this;
    const { slots } = memory;
    yield* memory.write(slots.slotsOfOtherTasks(task), (group) => this.encode(coder.decode(before, memory.of(group))));
    yield* memory.write(slots.slotsOfTask(task), (group) => {
      const samples = group.map((slot) => slots.samples[slot]);
      return this.encode(this.input.images(samples, new Int32Array(group.length).fill(task)).images);
    });
  }
}

/** Waits for a loss, and frees it. */
async function arrivalOf(loss: tf.Scalar): Promise<Arrival> {
  await loss.data();
  loss.dispose();
  return () => [];
}

function copyOf(parameters: Parameters): Parameters {
  return mapParameters(tf.clone, parameters);
}
