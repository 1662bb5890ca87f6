import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import { randomStream } from '../../core/random.ts';
import type { Batch } from '../../core/stream.ts';
import type { LabelledTensors } from '../data/imageSource.ts';
import { type Candidates, drawCandidates } from '../memory/reservoir.ts';
import {
  disposeVariables,
  gradientOf,
  lossAndGradient,
  type LossGradient,
  lossOf,
  moveStatistics,
  type Variables,
} from '../models/classifier.ts';
import { crossEntropy } from '../models/losses.ts';
import { mapParameters, type Parameters, sgdStep, tidy } from '../models/parameters.ts';
import { interferenceOf, type LatentInterference, retrieveLatents } from '../retrieval/hybridMir.ts';
import { retrieveRandom } from '../retrieval/random.ts';
import { AutoencodedMemory } from './autoencodedMemory.ts';
import type { DecodedImages, DecodedTrace, Learner, LearnerInput, Replay } from './learner.ts';

/** Images of each retrieval that a trace shows. */
const shownCount = 10;

/** What a step of the hybrid retrieved, or would have. */
interface LatentSearch {
  readonly used: Retrieval;
  /** The classifier before the step. */
  readonly parameters: Parameters;
  readonly interference: LatentInterference;
  /** The incoming batch encoded, and where its ascent led, [P, latent size] each. */
  readonly start: tf.Tensor2D;
  readonly found: tf.Tensor2D;
  /** Latents, labels and tasks of the candidates. */
  readonly candidates: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
  readonly tasks: tf.Tensor1D;
  /** Positions among the candidates. */
  readonly picks: Readonly<Record<Retrieval, tf.Tensor1D>>;
  /** The incoming batch after encoding and decoding. */
  readonly reconstructions: tf.Tensor2D;
}

/** The first images of each retrieval, and the ascent of the first incoming image. Call it inside a tidy. */
function latentTrace(search: LatentSearch): DecodedTrace {
  const { interference, start, found } = search;
  const firstOf = (points: tf.Tensor2D) => tf.slice(points, [0, 0], [1, points.shape[1]]);
  return {
    kind: 'latents',
    used: search.used,
    retrieved: { random: shown(search, search.picks.random), mir: shown(search, search.picks.mir) },
    path: {
      images: interference.decode(tf.concat([firstOf(start), firstOf(found)])),
      interference: tf.concat1d([start, found].map((points) => tf.slice1d(interferenceOf(interference, points), 0, 1))),
    },
    dreams: null,
    reconstructions: search.reconstructions,
  };
}

function shown(
  { interference, parameters, candidates, labels, tasks }: LatentSearch,
  picks: tf.Tensor1D,
): DecodedImages {
  const { classifier, virtual, decode } = interference;
  const first = tf.slice1d(picks, 0, Math.min(shownCount, picks.size));
  const examples = { images: decode(tf.gather(candidates, first)), labels: tf.gather(labels, first) };
  return {
    ...examples,
    confidences: null,
    tasks: tf.gather(tasks, first),
    lossesBefore: lossOf(classifier, parameters, examples),
    lossesAfter: lossOf(classifier, virtual, examples),
  };
}

/** One step of the classifier. */
interface Step {
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
export function ae(input: LearnerInput): Learner {
  const { config, classifier, images } = input;
  const { learningRate } = config;
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  // The classifier first, so that it starts as every other method's does.
  const initRandom = randomStream(config.seed, 'init');
  let variables: Variables = tidy(() => classifier.init(initRandom));
  const memory = new AutoencodedMemory(input, initRandom);
  const { slots } = memory;
  /** The classifier at the end of the task before; null in the first. */
  let previous: Parameters | null = null;

  const reconstruct = (pictures: tf.Tensor2D) => memory.decode(memory.encode(pictures));

  /** One step on a batch of the first task, whose images are shown as they are. */
  function learnImages(batch: Batch, used: Retrieval, traced: boolean): Step {
    const incoming = images(batch.samples, batch.tasks);
    const step = lossAndGradient(classifier, variables.parameters, incoming);
    const trace = (): DecodedTrace => ({
      kind: 'latents',
      used,
      retrieved: null,
      path: null,
      dreams: null,
      reconstructions: reconstruct(incoming.images),
    });
    return {
      losses: step.losses,
      next: stepped(step),
      picks: null,
      decoded: traced ? trace() : null,
      replacedLatents: null,
    };
  }

  /** One step on a batch of a later task: reconstructions of it and of what is retrieved. */
  function learnReconstructions(batch: Batch, drawn: Candidates, used: Retrieval, traced: boolean): Step {
    const { parameters } = variables;
    const raw = images(batch.samples, batch.tasks);
    const encoded = memory.encode(raw.images);
    const incoming: LabelledTensors = { images: memory.decode(encoded), labels: raw.labels };
    const candidates = memory.latentsOf(drawn.slots);
    const labels = tf.tensor1d(drawn.labels, 'int32');

    // Retrieve from the memory. A trace searches even where the choice is random, and changes nothing.
    const randomPicks = retrieveRandom(drawn.slots.length, config.aeReplays);
    const search = used === 'mir' || traced ? searchLatents(incoming, encoded, candidates) : null;
    const picks = used === 'mir' && search !== null ? search.picks : randomPicks;
    const retrieved: LabelledTensors = {
      images: memory.decode(tf.gather(candidates, picks)),
      labels: tf.gather(labels, picks),
    };

    // One step on (s Σ retrieved + (1 − s) Σ incoming) / all.
    const seen = join(incoming, retrieved);
    const weights = lossWeights(batch.samples.length, picks.size);
    const step = gradientOf(
      classifier,
      parameters,
      seen.images,
      ({ logits }) => crossEntropy(logits, seen.labels),
      weights,
    );

    const trace = (found: NonNullable<typeof search>) =>
      latentTrace({
        ...found,
        used,
        parameters,
        start: encoded,
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
      decoded: traced && search !== null ? trace(search) : null,
      replacedLatents: used === 'mir' && search !== null ? search.replaced : null,
    };
  }

  /** What the coming update changes most, and the candidates nearest to it. */
  function searchLatents(incoming: LabelledTensors, encoded: tf.Tensor2D, candidates: tf.Tensor2D) {
    const { parameters } = variables;
    // θ_v ← θ − α ∇L(θ; incoming): the virtual step, computed and thrown away.
    const virtual = sgdStep(parameters, lossAndGradient(classifier, parameters, incoming).gradient, learningRate);
    const decode = (latents: tf.Tensor2D) => memory.decode(latents);
    const interference = { classifier, previous: previous ?? parameters, virtual, decode };
    return { interference, ...retrieveLatents(interference, encoded, candidates, config.aeReplays) };
  }

  /** s for each retrieved image and 1 − s for each incoming one, over the number of all. */
  function lossWeights(incomingCount: number, retrievedCount: number): tf.Tensor1D {
    const all = incomingCount + retrievedCount;
    const share = config.aeReplayShare;
    return tf.concat1d([tf.fill([incomingCount], (1 - share) / all), tf.fill([retrievedCount], share / all)]);
  }

  function stepped({ gradient, batchStatistics }: LossGradient): Variables {
    const { parameters, statistics } = variables;
    return {
      parameters: sgdStep(parameters, gradient, learningRate),
      statistics: moveStatistics(statistics, batchStatistics),
    };
  }

  return {
    stored: () => ({ labels: slots.labels.subarray(0, slots.size), tasks: slots.tasks.subarray(0, slots.size) }),

    /** The autoencoder learns the task, and the memory takes it up. */
    async *startTask(batches) {
      if (previous !== null) tf.dispose(previous);
      const first = batches[0].tasks[0] === 1;
      previous = first ? null : tidy(() => mapParameters(tf.clone, variables.parameters));
      yield* memory.learn(batches);
    },

    /** The classifier learns a batch of it. */
    observe(batch, retrieval, traced) {
      const used = retrieval ?? 'random';
      const steps: Step[] = [];
      const replays: Replay[] = [];
      for (let iteration = 0; iteration < config.iterations; iteration++) {
        const drawn = drawCandidates(slots, batch.tasks[0], config.aeCandidates, retrievalRandom);
        const showing = traced && iteration === 0;
        const step = tidy(() =>
          drawn === null ? learnImages(batch, used, showing) : learnReconstructions(batch, drawn, used, showing),
        );
        disposeVariables(variables);
        variables = step.next;
        steps.push(step);
        if (drawn !== null && step.picks !== null)
          replays.push({ candidates: drawn, used, picks: step.picks, traced: null });
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
      if (previous !== null) tf.dispose(previous);
      memory.dispose();
    },
  };
}

function join(one: LabelledTensors, other: LabelledTensors): LabelledTensors {
  return { images: tf.concat([one.images, other.images]), labels: tf.concat1d([one.labels, other.labels]) };
}
