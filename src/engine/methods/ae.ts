import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import { randomStream } from '../../core/random.ts';
import { lastingParts } from '../../core/checkpoint.ts';
import { asBytes, type LabelledTensors, type PixelRange } from '../data/imageSource.ts';
import { drawCandidates } from '../retrieval/reservoir.ts';
import { initialMoments, mapParameters, type Parameters, sgdStep } from '../models/parameters.ts';
import { autoencoder } from '../models/autoencoder.ts';
import {
  gradientOf,
  lossAndGradient,
  type LossGradient,
  lossOf,
  moveStatistics,
  type Variables,
} from '../models/classifier.ts';
import { crossEntropy } from '../models/losses.ts';
import { hybridTerms, type LatentInterference, retrieveLatents } from '../retrieval/hybridMir.ts';
import { retrieveRandom } from '../retrieval/mir.ts';
import { Runner } from '../runner/runner.ts';
import { type HostTensor, type ImageRows, numbers, type Step } from '../runner/step.ts';
import { type AeState, AutoencodedMemory } from './autoencodedMemory.ts';
import {
  evaluated,
  type DecodedImages,
  type DecodedTrace,
  type LearnerInput,
  type Method,
  rowsOf,
  type TracedLosses,
} from './learner.ts';

interface AeInputs {
  readonly incoming: ImageRows;
  /** Null in the first task, in which there is nothing to replay. */
  readonly candidates: {
    readonly slots: HostTensor<tf.Rank.R1>;
    readonly labels: HostTensor<tf.Rank.R1>;
    readonly tasks: HostTensor<tf.Rank.R1>;
  } | null;
}

interface AeOutputs {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  /** Positions of the replayed among the candidates; null where nothing is replayed. */
  readonly picks: tf.Tensor1D | null;
  readonly tracedLosses: TracedLosses | null;
  readonly decoded: DecodedTrace | null;
  readonly replacedLatents: readonly tf.Scalar[];
}

/**
 * Hybrid replay, AE-ER, and with retrieval `mir` AE-MIR (paper, section 3.3, Algorithm 3): an autoencoder learns each
 * task first, the memory keeps latents, and a classifier learns from their decoded images. The classifier sees
 * reconstructions by the autoencoder in evaluation mode, in training as in testing, so that a picture depends on its
 * own latent alone.
 */
export function ae(input: LearnerInput): Method {
  const { config, classifier, images, imageShape } = input;
  const { learningRate } = config;
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const coder = autoencoder({ imageShape, filters: config.aeFilters });
  const memory = new AutoencodedMemory(input, coder);
  const { slots } = memory;
  const runner = new Runner((): AeState => {
    // The classifier is made first, so that it starts as with every other method.
    const random = randomStream(config.seed, 'init');
    const initial = classifier.init(random);
    const coderVariables = coder.init(random);
    return {
      classifier: initial,
      previous: null,
      coder: coderVariables,
      moments: initialMoments(coderVariables.parameters),
      before: null,
      latents: tf.zeros([slots.capacity, coder.latentSize]),
    };
  });

  const reconstruct = (state: AeState, pictures: tf.Tensor2D) =>
    coder.decode(state.coder, coder.encode(state.coder, pictures));

  /** One iteration. A trace searches even if the choice is random, and changes nothing. */
  const step = (used: Retrieval, traced: boolean): Step<AeState, AeInputs, AeOutputs> => ({
    name: `ae ${used}${traced ? ' traced' : ''}`,
    run: (state, { incoming, candidates }) =>
      candidates === null
        ? learnImages(state, incoming, used, traced)
        : learnReconstructions(state, incoming, candidates, used, traced),
  });

  /** A batch of the first task, whose images are shown as they are. */
  function learnImages(state: AeState, incoming: LabelledTensors, used: Retrieval, traced: boolean) {
    const { losses, ...gradients } = lossAndGradient(classifier, state.classifier.parameters, incoming);
    const trace = (): DecodedTrace => ({
      kind: 'latents',
      used,
      retrieved: null,
      path: null,
      dreams: null,
      reconstructions: asBytes(reconstruct(state, incoming.images), images.range),
    });
    const next = stepped(state.classifier, gradients);
    const tracedLosses = (): TracedLosses => ({
      incoming: { before: losses, virtual: null, after: lossOf(classifier, next.parameters, incoming) },
      replayed: null,
    });
    return {
      state: { ...state, classifier: next },
      outputs: {
        losses,
        picks: null,
        tracedLosses: traced ? tracedLosses() : null,
        decoded: traced ? trace() : null,
        replacedLatents: [],
      },
    };
  }

  /** A batch of a later task: reconstructions of it and of what is retrieved. */
  function learnReconstructions(
    state: AeState,
    raw: LabelledTensors,
    { slots: candidateSlots, labels, tasks }: { slots: tf.Tensor1D; labels: tf.Tensor1D; tasks: tf.Tensor1D },
    used: Retrieval,
    traced: boolean,
  ) {
    const { parameters } = state.classifier;
    const encoded = coder.encode(state.coder, raw.images);
    const incoming: LabelledTensors = { images: coder.decode(state.coder, encoded), labels: raw.labels };
    const candidates: tf.Tensor2D = tf.gather(state.latents, candidateSlots);

    // Retrieve from the memory.
    const randomPicks = retrieveRandom(candidateSlots.size, config.aeReplays);
    const search = used === 'mir' || traced ? searchLatents(state, incoming, encoded, candidates) : null;
    const picks = used === 'mir' && search !== null ? search.picks : randomPicks;
    const retrieved: LabelledTensors = {
      images: coder.decode(state.coder, tf.gather(candidates, picks)),
      labels: tf.gather(labels, picks),
    };

    // One step on (s Σ retrieved + (1 − s) Σ incoming) / all.
    const seen = join(incoming, retrieved);
    const weights = lossWeights(raw.labels.size, picks.size);
    const learnt = gradientOf(
      classifier,
      parameters,
      seen.images,
      ({ logits }) => crossEntropy(logits, seen.labels),
      weights,
    );

    const next = stepped(state.classifier, learnt);
    const trace =
      traced && search !== null
        ? latentTrace(
            {
              ...search,
              used,
              parameters,
              next: next.parameters,
              start: encoded,
              candidates,
              labels,
              tasks,
              picks: { random: randomPicks, mir: search.picks },
              incoming,
            },
            images.range,
          )
        : null;
    return {
      state: { ...state, classifier: next },
      outputs: {
        losses: tf.slice1d(learnt.losses, 0, raw.labels.size),
        picks,
        tracedLosses: trace && trace.tracedLosses,
        decoded: trace && trace.decoded,
        replacedLatents: used === 'mir' && search !== null ? [search.replaced] : [],
      },
    };
  }

  /** The latents that the coming update changes most, and the candidates nearest to them. */
  function searchLatents(state: AeState, incoming: LabelledTensors, encoded: tf.Tensor2D, candidates: tf.Tensor2D) {
    const { parameters } = state.classifier;
    // θ_v ← θ − α ∇L(θ; incoming): the virtual step, computed and thrown away.
    const virtual = sgdStep(parameters, lossAndGradient(classifier, parameters, incoming).gradient, learningRate);
    const decode = (latents: tf.Tensor2D) => coder.decode(state.coder, latents);
    const interference = { classifier, previous: state.previous ?? parameters, virtual, decode };
    return { interference, ...retrieveLatents(interference, encoded, candidates, config.aeReplays) };
  }

  /** The weight of each image, over the number of all: s if it was retrieved, 1 − s if it is incoming. */
  function lossWeights(incomingCount: number, retrievedCount: number): tf.Tensor1D {
    const all = incomingCount + retrievedCount;
    const share = config.aeReplayShare;
    return tf.concat1d([tf.fill([incomingCount], (1 - share) / all), tf.fill([retrievedCount], share / all)]);
  }

  function stepped(
    { parameters, statistics }: Variables,
    { gradient, batchStatistics }: Pick<LossGradient, 'gradient' | 'batchStatistics'>,
  ): Variables {
    return {
      parameters: sgdStep(parameters, gradient, learningRate),
      statistics: moveStatistics(statistics, batchStatistics),
    };
  }

  const remember: Step<AeState, null, null> = {
    name: 'ae remember',
    once: true,
    run: (state) => ({
      state: { ...state, previous: mapParameters(tf.clone, state.classifier.parameters) },
      outputs: null,
    }),
  };

  return {
    lasting: lastingParts({ state: runner, memory: memory.lasting, retrieval: retrievalRandom }),
    stored: () => ({ ...slots.contents(), samples: [] }),

    /** The autoencoder learns the task, and the memory takes in its latents. */
    *startTask(batches) {
      if (batches[0].tasks[0] !== 1) runner.run(remember, null);
      yield* memory.learn(runner, batches);
    },

    /** The classifier learns a batch of it. */
    learn(batch, { retrieval, traced }) {
      const drawn = drawCandidates(slots, batch.tasks[0], config.aeCandidates, retrievalRandom);
      const { picks, ...rest } = runner.run(step(retrieval, traced), {
        incoming: rowsOf(images, batch),
        candidates: drawn && {
          slots: numbers(drawn.slots),
          labels: numbers(drawn.labels),
          tasks: numbers(drawn.tasks),
        },
      });
      const replays = drawn && picks ? [{ candidates: drawn, used: retrieval, picks, traced: null }] : [];
      return { ...rest, replays };
    },

    ...evaluated<AeState>(runner, {
      classify: (state, pictures) => classifier.classify(state.classifier, reconstruct(state, pictures)).logits,
      reconstruct,
    }),
    dispose: () => runner.dispose(),
  };
}

function join(one: LabelledTensors, other: LabelledTensors): LabelledTensors {
  return { images: tf.concat([one.images, other.images]), labels: tf.concat1d([one.labels, other.labels]) };
}

/** Images of each retrieval that a trace shows. */
const shownCount = 10;

/** What a step of the hybrid retrieved, or would have retrieved. */
interface LatentSearch {
  readonly used: Retrieval;
  /** The classifier before and after the step. */
  readonly parameters: Parameters;
  readonly next: Parameters;
  readonly interference: LatentInterference;
  /** The encoded incoming batch, and the end of its ascent, [P, latent size] each. */
  readonly start: tf.Tensor2D;
  readonly found: tf.Tensor2D;
  /** Latents, labels and tasks of the candidates. */
  readonly candidates: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
  readonly tasks: tf.Tensor1D;
  /** Positions among the candidates. */
  readonly picks: Readonly<Record<Retrieval, tf.Tensor1D>>;
  /** The incoming batch after encoding and decoding. */
  readonly incoming: LabelledTensors;
}

/**
 * The first images of each retrieval, the ascent of the first incoming image, and losses: of incoming and replayed
 * images each by themselves, so that one batch's statistics serve before and after.
 */
function latentTrace(
  search: LatentSearch,
  range: PixelRange,
): { readonly decoded: DecodedTrace; readonly tracedLosses: TracedLosses } {
  const { interference, start, found, used, parameters, next, incoming } = search;
  const { classifier, virtual } = interference;
  const firstOf = (points: tf.Tensor2D) => tf.slice(points, [0, 0], [1, points.shape[1]]);
  const retrieved = { random: shown(search, search.picks.random, range), mir: shown(search, search.picks.mir, range) };
  const ends = [start, found].map((points) => hybridTerms(interference, points));
  const along = (name: 'divergence' | 'uncertainty' | 'virtualUncertainty') =>
    tf.concat1d(ends.map((terms) => tf.slice1d(terms[name], 0, 1)));
  const own = retrieved[used];
  return {
    decoded: {
      kind: 'latents',
      used,
      retrieved: { random: retrieved.random.told, mir: retrieved.mir.told },
      path: {
        pictures: asBytes(interference.decode(tf.concat([firstOf(start), firstOf(found)])), range),
        interference: along('divergence'),
        terms: [
          { name: 'divergence', weight: ends[0].weight, values: along('divergence') },
          { name: 'uncertainty', weight: -1, values: along('uncertainty') },
          { name: 'virtualUncertainty', weight: -1, values: along('virtualUncertainty') },
        ],
      },
      dreams: null,
      reconstructions: asBytes(incoming.images, range),
    },
    tracedLosses: {
      incoming: {
        before: lossOf(classifier, parameters, incoming),
        virtual: lossOf(classifier, virtual, incoming),
        after: lossOf(classifier, next, incoming),
      },
      replayed: { before: own.told.lossesBefore, after: lossOf(classifier, next, own.examples) },
    },
  };
}

function shown(
  { interference, parameters, candidates, labels, tasks }: LatentSearch,
  picks: tf.Tensor1D,
  range: PixelRange,
): { readonly examples: LabelledTensors; readonly told: DecodedImages } {
  const { classifier, virtual, decode } = interference;
  const first = tf.slice1d(picks, 0, Math.min(shownCount, picks.size));
  const examples: LabelledTensors = { images: decode(tf.gather(candidates, first)), labels: tf.gather(labels, first) };
  const told = {
    pictures: asBytes(examples.images, range),
    labels: examples.labels,
    confidences: null,
    tasks: tf.gather<tf.Tensor1D>(tasks, first),
    lossesBefore: lossOf(classifier, parameters, examples),
    lossesAfter: lossOf(classifier, virtual, examples),
  };
  return { examples, told };
}
