import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../config.ts';
import type { Batch } from '../data/stream.ts';
import { LatentMemory } from '../memory/latentMemory.ts';
import { type AdamMoments, adamStep, initialMoments } from '../models/adam.ts';
import { autoencoder } from '../models/autoencoder.ts';
import { disposeVariables, moveStatistics, type Variables } from '../models/classifier.ts';
import { crossEntropy } from '../models/crossEntropy.ts';
import { gradientOf, type LabelledTensors, lossAndGradient, type LossGradient } from '../models/lossGradient.ts';
import { mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { squaredError } from '../models/squaredError.ts';
import { randomStream } from '../random.ts';
import { type Arrival, ReadBacks } from '../readBacks.ts';
import { retrieveLatents } from '../retrieval/hybridMir.ts';
import { retrieveRandom } from '../retrieval/random.ts';
import { tidy } from '../tidy.ts';
import { drawCandidates } from './drawCandidates.ts';
import { latentTrace } from './latentTrace.ts';
import type { Candidates, DecodedTrace, Learner, LearnerInput, Replay } from './learner.ts';

/** Adam's, as the authors leave it. */
const autoencoderRate = 1e-3;
/** Updates of the autoencoder after which a loss is read back, so that a slow device is never far behind. */
const readBackInterval = 10;

/** One step of the classifier. */
interface ClassifierStep {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  readonly next: Variables;
  readonly picks: tf.Tensor1D | null;
  readonly decoded: DecodedTrace | null;
  readonly replacedLatents: tf.Scalar | null;
}

/**
 * Hybrid replay, AE-ER, and with retrieval `mir` AE-MIR (paper, section 3.3, Algorithm 3): an autoencoder learns
 * each task first, the memory keeps latents, and a classifier learns from what they decode to. The classifier is
 * shown what the autoencoder makes of images in evaluation mode, in training as in testing, so that a picture
 * depends on its own latent alone, whatever else is retrieved.
 */
export function ae({ config, classifier, images, imageShape, classCount }: LearnerInput): Learner {
  const { learningRate } = config;
  const coder = autoencoder({ imageShape, filters: config.aeFilters });
  const memory = new LatentMemory(config.memoryPerClass * classCount, coder.latentSize, randomStream(config.seed, 'memory'));
  const { slots } = memory;
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const latentRandom = randomStream(config.seed, 'latent');
  // The classifier first, so that it starts as every other method's does.
  const initRandom = randomStream(config.seed, 'init');
  let variables: Variables = tidy(() => classifier.init(initRandom));
  let coding: Variables = tidy(() => coder.init(initRandom));
  let moments: AdamMoments = tidy(() => initialMoments(coding.parameters));
  /** The classifier at the end of the task before; null in the first. */
  let previous: Parameters | null = null;

  const decode = (latents: tf.Tensor2D) => coder.decode(coding, latents);
  const reconstruct = (pictures: tf.Tensor2D) => decode(coder.encode(coding, pictures));

  /**
   * One step of Adam on a batch and on latents of earlier tasks, as they decoded before this task.
   *
   * @returns the loss, a scalar
   */
  function updateAutoencoder(batch: Batch, before: Variables): tf.Scalar {
    const drawn = drawCandidates(slots, batch.tasks[0], config.aeReplays, latentRandom);
    const step = tidy(() => {
      const incoming = images(batch.samples, batch.tasks).images;
      const seen = drawn === null ? incoming : tf.concat([incoming, coder.decode(before, memory.of(drawn.slots))]);
      const errors = gradientOf(coder, coding.parameters, seen, ({ reconstructions }) => squaredError(reconstructions, seen));
      const next = adamStep(coding.parameters, errors.gradient, moments, autoencoderRate);
      return {
        loss: tf.mean<tf.Scalar>(errors.losses),
        variables: { parameters: next.parameters, statistics: moveStatistics(coding.statistics, errors.batchStatistics) },
        moments: next.moments,
      };
    });
    disposeVariables(coding);
    tf.dispose([moments.means, moments.squares]);
    coding = step.variables;
    moments = step.moments;
    return step.loss;
  }

  /**
   * Replaces every stored latent by what the new encoder makes of its picture; yields now and then. The picture of
   * an earlier task's latent is how it decoded before this task; this task's images themselves are still at hand.
   */
  function* encodeMemory(task: number, before: Variables): Generator<void, void> {
    yield* memory.write(slots.slotsOfOtherTasks(task), (group) => coder.encode(coding, coder.decode(before, memory.of(group))));
    yield* memory.write(slots.slotsOfTask(task), (group) => {
      const samples = group.map((slot) => slots.samples[slot]);
      return coder.encode(coding, images(samples, new Int32Array(group.length).fill(task)).images);
    });
  }

  /** One step of the classifier on the first task's images as they are. */
  function learnImages(batch: Batch, used: Retrieval, traced: boolean): ClassifierStep {
    const incoming = images(batch.samples, batch.tasks);
    const step = lossAndGradient(classifier, variables.parameters, incoming);
    const trace = (): DecodedTrace => ({ kind: 'latents', used, retrieved: null, path: null, dreams: null, reconstructions: reconstruct(incoming.images) });
    return { losses: step.losses, next: stepped(step), picks: null, decoded: traced ? trace() : null, replacedLatents: null };
  }

  /** One step of the classifier on reconstructions of a batch and of what is retrieved. */
  function learnReconstructions(batch: Batch, drawn: Candidates, used: Retrieval, traced: boolean): ClassifierStep {
    const { parameters } = variables;
    const raw = images(batch.samples, batch.tasks);
    const latents = coder.encode(coding, raw.images);
    const incoming: LabelledTensors = { images: decode(latents), labels: raw.labels };
    const candidates = memory.of(drawn.slots);
    const labels = tf.tensor1d(drawn.labels, 'int32');

    // Retrieve from the memory. A trace searches even where the choice is random, and changes nothing.
    const randomPicks = retrieveRandom(drawn.slots.length, config.aeReplays);
    const mir = used === 'mir' || traced ? search(incoming, latents, candidates) : null;
    const picks = used === 'mir' && mir !== null ? mir.picks : randomPicks;
    const retrieved = { images: decode(tf.gather(candidates, picks)), labels: tf.gather(labels, picks) };

    // One step on (s Σ retrieved + (1 − s) Σ incoming) / all.
    const seen = { images: tf.concat([incoming.images, retrieved.images]), labels: tf.concat1d([incoming.labels, retrieved.labels]) };
    const weights = lossWeights(batch.samples.length, picks.size);
    const step = gradientOf(classifier, parameters, seen.images, ({ logits }) => crossEntropy(logits, seen.labels), weights);

    const trace = (found: NonNullable<typeof mir>) =>
      latentTrace({
        ...found,
        used,
        parameters,
        start: latents,
        candidates,
        labels,
        tasks: tf.tensor1d(drawn.tasks, 'int32'),
        picks: { random: randomPicks, mir: found.picks },
        reconstructions: incoming.images,
      });
    return {
      losses: tf.slice1d(step.losses, 0, batch.samples.length),
      next: stepped(step),
      picks,
      decoded: traced && mir !== null ? trace(mir) : null,
      replacedLatents: used === 'mir' && mir !== null ? mir.replaced : null,
    };
  }

  /** What the coming update changes most, and the candidates nearest to it. */
  function search(incoming: LabelledTensors, latents: tf.Tensor2D, candidates: tf.Tensor2D) {
    const { parameters } = variables;
    // θ_v ← θ − α ∇L(θ; incoming): the virtual step, computed and thrown away.
    const virtual = sgdStep(parameters, lossAndGradient(classifier, parameters, incoming).gradient, learningRate);
    const interference = { classifier, previous: previous ?? parameters, virtual, decode };
    return { interference, ...retrieveLatents(interference, latents, candidates, config.aeReplays) };
  }

  /** s for each replayed image and 1 − s for each incoming one, over the number of all. */
  function lossWeights(incomingCount: number, replayedCount: number): tf.Tensor1D {
    const all = incomingCount + replayedCount;
    const share = config.aeReplayShare;
    return tf.concat1d([tf.fill([incomingCount], (1 - share) / all), tf.fill([replayedCount], share / all)]);
  }

  function stepped({ gradient, batchStatistics }: LossGradient): Variables {
    const { parameters, statistics } = variables;
    return { parameters: sgdStep(parameters, gradient, learningRate), statistics: moveStatistics(statistics, batchStatistics) };
  }

  return {
    stored: () => ({ labels: slots.labels.subarray(0, slots.size), tasks: slots.tasks.subarray(0, slots.size) }),

    /** The autoencoder learns the task. In its last pass the batches are offered to the memory. */
    async *startTask(batches) {
      const [task] = batches[0].tasks;
      const total = config.aeEpochs * batches.length;
      const before = tidy(() => ({ parameters: copyOf(coding.parameters), statistics: copyOf(coding.statistics) }));
      const readBacks = new ReadBacks(2);
      if (previous !== null) tf.dispose(previous);
      previous = task === 1 ? null : tidy(() => copyOf(variables.parameters));
      try {
        for (let done = 0; done < total; done++) {
          const batch = batches[done % batches.length];
          const loss = updateAutoencoder(batch, before);
          if (done % readBackInterval === 0) readBacks.push(awaited(loss));
          else loss.dispose();
          await readBacks.arrived();
          if (done >= total - batches.length) slots.add(batch);
          yield { done: done + 1, total };
        }
        for (const _ of encodeMemory(task, before)) yield { done: total, total };
      } finally {
        disposeVariables(before);
      }
    },

    observe(batch, retrieval, traced) {
      const used = retrieval ?? 'random';
      const steps: ClassifierStep[] = [];
      const replays: Replay[] = [];
      for (let iteration = 0; iteration < config.iterations; iteration++) {
        const drawn = drawCandidates(slots, batch.tasks[0], config.aeCandidates, retrievalRandom);
        const showing = traced && iteration === 0;
        const step = tidy(() => (drawn === null ? learnImages(batch, used, showing) : learnReconstructions(batch, drawn, used, showing)));
        disposeVariables(variables);
        variables = step.next;
        steps.push(step);
        if (drawn !== null && step.picks !== null) replays.push({ candidates: drawn, used, picks: step.picks, traced: null });
      }
      const [{ losses, decoded }, ...later] = steps;
      const counts = steps.flatMap(({ replacedLatents }) => replacedLatents ?? []);
      const replacedLatents = counts.length === 0 ? null : tidy(() => tf.sum<tf.Scalar>(tf.stack(counts)));
      tf.dispose([counts, later.map((step) => step.losses)]);
      return { losses, replays, decoded, replacedLatents };
    },

    classify: (pictures) => classifier.classify(variables, reconstruct(pictures)).logits,
    reconstruct,

    dispose() {
      disposeVariables(variables);
      disposeVariables(coding);
      tf.dispose([moments.means, moments.squares, previous ?? {}]);
      memory.dispose();
    },
  };
}

/** Waits for a loss, and frees it. */
async function awaited(loss: tf.Scalar): Promise<Arrival> {
  await loss.data();
  loss.dispose();
  return () => [];
}

function copyOf(parameters: Parameters): Parameters {
  return mapParameters(tf.clone, parameters);
}
