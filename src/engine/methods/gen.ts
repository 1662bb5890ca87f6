import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import { randomStream, standardNormal } from '../../core/random.ts';
import { lastingParts, lastingValues } from '../../core/checkpoint.ts';
import { asBytes, type PixelRange } from '../data/imageSource.ts';
import { type FoundLatents, roundSize } from '../latent/ascent.ts';
import {
  type FrozenClassifier,
  frozenClassifier,
  type FrozenVae,
  frozenVae,
  searchForClassifier,
  searchForGenerator,
} from '../latent/search.ts';
import { initialMoments, type Parameters, sgdStep } from '../models/parameters.ts';
import { gatedClassifier, gatedGradient, trainGatedClassifier } from '../models/gatedClassifier.ts';
import { freeze, type Layers, layersOf } from '../models/layers.ts';
import { crossEntropy, weightedImages } from '../models/losses.ts';
import { trainVae, vae, type VaeState } from '../models/vae.ts';
import { heldNormals } from '../programs/draws.ts';
import { drawer, type ImageRows, type MaskInput, type NormalsInput, type Step } from '../runner/step.ts';
import { Runner } from '../runner/runner.ts';
import {
  evaluated,
  type DecodedImages,
  type DecodedTrace,
  type LearnerInput,
  type Method,
  rowsOf,
  type TracedLosses,
} from './learner.ts';
import { drawVaeUpdates, type VaeDraws } from './vaeUpdates.ts';

interface GenState {
  readonly vae: VaeState;
  readonly classifier: Parameters;
  /** Both networks as they were at the end of the last task, frozen (models/linear.ts); null in the first. */
  readonly previous: { readonly vae: Parameters; readonly classifier: Parameters } | null;
}

/** The draws with which one batch is learnt. */
interface GenInputs {
  readonly incoming: ImageRows;
  readonly updates: VaeDraws;
  /** Of the classifier's updates; null without dropout. */
  readonly masks: readonly MaskInput[] | null;
  /** Null in the first task, in which there is nothing to replay. */
  readonly replay: {
    /** Draws from the prior, [10 · nMem, dimensions] each. */
    readonly forGenerator: NormalsInput;
    readonly forClassifier: NormalsInput;
    /** ε of the search for the generator; null if there is no such search. */
    readonly epsilons: { readonly virtual: NormalsInput; readonly comparison: NormalsInput } | null;
  } | null;
  /** Draws from the prior that a trace shows, [10, dimensions]; null without a trace. */
  readonly dreams: NormalsInput | null;
}

interface GenOutputs {
  /** Loss of each incoming image, in nats, [batch]. */
  readonly losses: tf.Tensor1D;
  readonly tracedLosses: TracedLosses | null;
  readonly decoded: DecodedTrace | null;
  /** How many latents were not finite, one number for each search. */
  readonly replacedLatents: readonly tf.Scalar[];
}

/** The images that one of the networks replays with one incoming batch. */
interface Retrieved {
  /** Draws from the prior. */
  readonly starts: tf.Tensor2D;
  /** The end of their ascent; null if nothing was searched. */
  readonly found: FoundLatents | null;
  /** The previous VAE's images of the latents that the retrieval in use ends with, [m, numbers in an image]. */
  readonly images: tf.Tensor2D;
}

/** Images of the prior, and of each retrieval, that a trace shows. */
const shownImages = 10;

/**
 * Generative replay (GEN), and with retrieval `mir` GEN-MIR (paper, section 3.2, Algorithm 2): the VAE as it was at the
 * end of the last task makes images, which are replayed to the VAE and to the classifier. The classifier of that time
 * labels them.
 */
export function gen({ config, images, imageShape, classCount }: LearnerInput): Method {
  const { seed, vaeLatents, genLearningRate } = config;
  const inputs = imageShape.reduce((product, side) => product * side, 1);
  const generator = vae({ inputs, hidden: config.vaeHidden, depth: config.vaeDepth, latents: vaeLatents });
  const classifier = gatedClassifier({ inputs, hidden: config.hidden, classes: classCount });
  const mirOnGenerator =
    config.genReconstruction + config.genKl + config.genEntropy + config.genDiversity + config.genShell > 0;
  const mirOnClassifier = config.clsInterference + config.clsEntropy + config.clsDiversity + config.clsShell > 0;

  const latentRandom = randomStream(seed, 'latent');
  const dropoutRandom = randomStream(seed, 'dropout');
  // Draws that only MIR or only a trace needs have their own generators, so that they do not shift the draws of both
  // retrievals.
  const searchRandom = randomStream(seed, 'retrieval');
  const traceRandom = randomStream(seed, 'evaluation');
  const drawsOf = drawer(seed, 'latent');

  const runner = new Runner((): GenState => {
    const random = randomStream(seed, 'init');
    const initial = classifier.init(random);
    const parameters = generator.init(random);
    return { vae: { parameters, moments: initialMoments(parameters) }, classifier: initial, previous: null };
  });
  const progress = {
    updatesDone: 0,
    /** Numbers the next draws (runner/drawer.ts). */
    drawsDone: 0,
    /** Whether a task has ended, so that there are previous networks to replay from. */
    replaying: false,
    /** Images of the current task seen so far. */
    seen: 0,
  };

  /** Draws everything with which one batch is learnt, each number from the generator of its purpose. */
  function draw(incoming: ImageRows, used: Retrieval, traced: boolean): GenInputs {
    const { replaying, seen, updatesDone } = progress;
    const batch = incoming.samples.length;
    const replays = roundSize * config.replayBatches;
    const count = batch + (replaying ? replays : 0);
    const nextDraws = () => drawsOf(progress.drawsDone++);
    const draws = nextDraws();
    const starts = (number: number) =>
      draws.normals({ number, rows: replaying ? replays : 0, columns: vaeLatents, random: latentRandom });
    const forGenerator = starts(0);
    const epsilonRandom = used === 'mir' ? searchRandom : traceRandom;
    const epsilons =
      replaying && mirOnGenerator && (used === 'mir' || traced)
        ? {
            virtual: draws.normals({ number: 2, rows: vaeLatents, columns: batch, random: epsilonRandom }),
            comparison: draws.normals({ number: 3, rows: roundSize, columns: vaeLatents, random: epsilonRandom }),
          }
        : null;
    const updates = drawVaeUpdates(generator, {
      iterations: config.genIterations,
      beta: Math.min(seen / config.betaWarmup, config.betaMax),
      count,
      random: latentRandom,
      dropout: config.vaeDropout,
      dropoutRandom,
      done: updatesDone,
      nextDraws,
    });
    const forClassifier = starts(1);
    const mask = () =>
      nextDraws().mask({ number: 0, rows: config.hidden, columns: count, random: dropoutRandom }, config.genDropout);
    return {
      incoming,
      updates,
      masks: config.genDropout === 0 ? null : Array.from({ length: config.clsIterations }, mask),
      replay: replaying ? { forGenerator, forClassifier, epsilons } : null,
      dreams: traced ? draws.normals({ number: 4, rows: shownImages, columns: vaeLatents, random: traceRandom }) : null,
    };
  }

  /** The classifier after a virtual step on the incoming batch, by its fresh gradient and without dropout. */
  function virtualClassifier(parameters: Parameters, incoming: tf.Tensor2D, targets: tf.Tensor2D): FrozenClassifier {
    const { gradient } = gatedGradient(parameters, weightedImages(incoming, null, 0), targets, null);
    return frozenClassifier(classifier, freeze(sgdStep(parameters, gradient, genLearningRate)));
  }

  /** One batch. A trace searches even if the choice is random, and changes nothing. */
  const step = (used: Retrieval, traced: boolean): Step<GenState, GenInputs, GenOutputs> => ({
    name: `gen ${used}${traced ? ' traced' : ''}`,
    run(state, { incoming: { images: incoming, labels }, updates, masks, replay, dreams: dreamt }) {
      const { forGeneratorStarts, forClassifierStarts, virtualEpsilon, comparisonEpsilon, dreams } = heldNormals({
        forGeneratorStarts: replay?.forGenerator ?? null,
        forClassifierStarts: replay?.forClassifier ?? null,
        virtualEpsilon: replay?.epsilons?.virtual ?? null,
        comparisonEpsilon: replay?.epsilons?.comparison ?? null,
        dreams: dreamt,
      });
      const old = state.previous && {
        vae: frozenVae(generator, state.previous.vae),
        classifier: frozenClassifier(classifier, state.previous.classifier),
      };
      const searching = used === 'mir' || traced;
      /** Prior samples, or the ends of their ascents, through the previous decoder. */
      const retrieve = (decoder: FrozenVae, starts: tf.Tensor2D, found: FoundLatents | null): Retrieved => ({
        starts,
        found,
        images: decoder.decode(used === 'mir' && found !== null ? found.latents : starts),
      });

      // Retrieve for the generator, and train it on incoming and replayed.
      const forGenerator =
        old &&
        forGeneratorStarts &&
        retrieve(
          old.vae,
          forGeneratorStarts,
          virtualEpsilon &&
            comparisonEpsilon &&
            searchForGenerator({
              vae: generator,
              parameters: state.vae.parameters,
              incoming,
              beta: updates.beta,
              previous: old,
              starts: forGeneratorStarts,
              coefficients: config,
              steps: config.ascentSteps,
              epsilons: { virtual: virtualEpsilon, comparison: comparisonEpsilon },
            }),
        );
      const generatorImages = weightedImages(incoming, forGenerator?.images ?? null, config.memoryCoefficient);
      const nextVae = trainVae(generator, state.vae, generatorImages, updates);

      // Retrieve for the classifier, label by the previous classifier, and train on incoming and replayed.
      const incomingTargets = tf.transpose(tf.oneHot(labels, classCount).toFloat() as tf.Tensor2D);
      const virtual =
        old && (traced || (searching && mirOnClassifier))
          ? virtualClassifier(state.classifier, incoming, incomingTargets)
          : null;
      const forClassifier =
        old &&
        forClassifierStarts &&
        retrieve(
          old.vae,
          forClassifierStarts,
          virtual && mirOnClassifier
            ? searchForClassifier({
                virtual,
                previous: old,
                starts: forClassifierStarts,
                coefficients: config,
                steps: config.ascentSteps,
              })
            : null,
        );
      const replayedTargets =
        old && forClassifier && tf.transpose<tf.Tensor2D>(tf.softmax(old.classifier.logits(forClassifier.images)));
      const trained = trainGatedClassifier(
        state.classifier,
        weightedImages(incoming, forClassifier?.images ?? null, config.memoryCoefficient),
        replayedTargets === null ? incomingTargets : tf.concat([incomingTargets, replayedTargets], 1),
        { iterations: config.clsIterations, learningRate: genLearningRate, masks },
      );

      const shown = mirOnGenerator && !mirOnClassifier ? forGenerator : forClassifier;
      const networks = old &&
        virtual && {
          previous: old.classifier.logits,
          current: (made: tf.Tensor2D) => classifier.logits(layersOf(state.classifier), made),
          virtual: virtual.logits,
          decode: old.vae.decode,
        };
      const retrieval = networks && shown && traceRetrieval(networks, shown, images.range);
      const decoded: DecodedTrace | null = dreams && {
        kind: 'generated',
        used,
        retrieved: retrieval && { random: retrieval.random.told, mir: retrieval.mir.told },
        path: retrieval && retrieval.path,
        dreams: asBytes(generator.decode(layersOf(nextVae.parameters), dreams), images.range),
        reconstructions: asBytes(reconstructBy(nextVae, incoming), images.range),
      };
      /** The classifier's losses around its updates, in evaluation mode. */
      const tracedLosses = (replayed: TracedRetrieval | null): TracedLosses => {
        const lossesBy = (layers: Layers, made: tf.Tensor2D, names: tf.Tensor1D) =>
          crossEntropy(classifier.logits(layers, made), names);
        const after = layersOf(trained.parameters);
        const own = replayed && shown === forClassifier ? replayed[used] : null;
        return {
          incoming: {
            before: lossesBy(layersOf(state.classifier), incoming, labels),
            virtual: virtual && crossEntropy(virtual.logits(incoming), labels),
            after: lossesBy(after, incoming, labels),
          },
          replayed: own && {
            before: own.told.lossesBefore,
            after: lossesBy(after, own.images, own.told.labels),
          },
        };
      };
      return {
        state: { vae: nextVae, classifier: trained.parameters, previous: state.previous },
        outputs: {
          losses: tf.slice1d(trained.losses, 0, labels.size),
          tracedLosses: dreams && tracedLosses(retrieval),
          decoded,
          replacedLatents: [forGenerator, forClassifier].flatMap((retrieved) =>
            used === 'mir' ? (retrieved?.found?.replaced ?? []) : [],
          ),
        },
      };
    },
  });

  /** Makes both networks the previous ones of the next task. */
  const freezeNetworks: Step<GenState, null, null> = {
    name: 'gen freeze',
    once: true,
    run: (state) => ({
      state: { ...state, previous: { vae: freeze(state.vae.parameters), classifier: freeze(state.classifier) } },
      outputs: null,
    }),
  };

  /** By the mean of each image's latent. */
  function reconstructBy({ parameters }: VaeState, batch: tf.Tensor2D): tf.Tensor2D {
    const layers = layersOf(parameters);
    return generator.decode(layers, generator.encode(layers, batch).mean);
  }

  /** One fixed ε per row, so that the same images give the same values. */
  const evaluationEpsilon = (count: number) =>
    tf.tensor2d(standardNormal(count * vaeLatents, randomStream(seed, 'evaluation')), [count, vaeLatents]);

  return {
    lasting: lastingParts({
      state: runner,
      latent: latentRandom,
      dropout: dropoutRandom,
      search: searchRandom,
      trace: traceRandom,
      progress: lastingValues(progress),
    }),
    stored: () => ({ samples: [], labels: [], tasks: [] }),

    learn(batch, { retrieval, traced }) {
      progress.seen += batch.samples.length;
      const inputsOfBatch = draw(rowsOf(images, batch), retrieval, traced);
      progress.updatesDone += config.genIterations;
      return { ...runner.run(step(retrieval, traced), inputsOfBatch), replays: [] };
    },

    finishTask() {
      runner.run(freezeNetworks, null);
      Object.assign(progress, { replaying: true, seen: 0 });
    },

    ...evaluated<GenState>(runner, {
      classify: (state, batch) => classifier.logits(layersOf(state.classifier), batch),
      negativeElbo: (state, batch) =>
        generator.elboParts(layersOf(state.vae.parameters), batch, evaluationEpsilon(batch.shape[0])),
      reconstruct: (state, batch) => reconstructBy(state.vae, batch),
    }),
    dispose: () => runner.dispose(),
  };
}

/** The networks as they stand before the classifier learns the batch. */
interface TracedNetworks {
  /** Images to logits: the previous classifier, the current one, and that after the virtual step. */
  readonly previous: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly current: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly virtual: (images: tf.Tensor2D) => tf.Tensor2D;
  /** The previous decoder. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
}

/** What a trace shows of a retrieval: the first images of both rules, and the path of one latent. */
interface TracedRetrieval extends Readonly<Record<Retrieval, DescribedImages>> {
  readonly path: DecodedTrace['path'];
}

/** Where nothing is searched, MIR replays the draws too. */
function traceRetrieval(networks: TracedNetworks, { starts, found }: Retrieved, range: PixelRange): TracedRetrieval {
  return {
    random: describe(networks, starts, range),
    mir: describe(networks, found?.latents ?? starts, range),
    path: found && { pictures: asBytes(networks.decode(found.path), range), ...found.along() },
  };
}

/** Images, [n, numbers in an image], and what is told of them. */
interface DescribedImages {
  readonly images: tf.Tensor2D;
  readonly told: DecodedImages;
}

function describe(
  { previous, current, virtual, decode }: TracedNetworks,
  latents: tf.Tensor2D,
  range: PixelRange,
): DescribedImages {
  const [count, dimensions] = latents.shape;
  const images = decode(tf.slice2d(latents, [0, 0], [Math.min(count, shownImages), dimensions]));
  const probabilities = tf.softmax(previous(images));
  const labels = tf.argMax<tf.Tensor1D>(probabilities, 1);
  const told = {
    pictures: asBytes(images, range),
    labels,
    confidences: tf.max<tf.Tensor1D>(probabilities, 1),
    tasks: null,
    lossesBefore: crossEntropy(current(images), labels),
    lossesAfter: crossEntropy(virtual(images), labels),
  };
  return { images, told };
}
