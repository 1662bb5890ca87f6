import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import { randomStream, standardNormal } from '../../core/random.ts';
import { type FoundLatents, roundSize } from '../latent/ascent.ts';
import {
  freezeClassifier,
  freezeVae,
  type FrozenClassifier,
  type FrozenVae,
  searchForClassifier,
  searchForGenerator,
} from '../latent/search.ts';
import { initialMoments } from '../models/adam.ts';
import { gatedClassifier, gatedGradient, trainGatedClassifier } from '../models/gatedClassifier.ts';
import { layersOf } from '../models/linear.ts';
import { crossEntropy, weightedImages } from '../models/losses.ts';
import { type Parameters, sgdStep, tidy } from '../models/parameters.ts';
import { disposeVaeState, trainVae, vae, type VaeState } from '../models/vae.ts';
import type { DecodedImages, DecodedTrace, Learner, LearnerInput, Observation } from './learner.ts';

/** Images of each retrieval that a trace shows. */
const shownImages = 10;

/** The networks as they stand before the classifier learns the batch. */
interface TracedNetworks {
  /** Images to logits: the previous classifier, the current one, and that after the virtual step. */
  readonly previous: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly current: (images: tf.Tensor2D) => tf.Tensor2D;
  readonly virtual: (images: tf.Tensor2D) => tf.Tensor2D;
  /** The previous decoder. */
  readonly decode: (latents: tf.Tensor2D) => tf.Tensor2D;
}

/**
 * What a traced step shows of the retrieval: the first images of both rules, and the path of one latent with the
 * interference that its objective raises.
 *
 * @param starts draws from the prior, [m, dimensions]
 * @param found where they climb to; null where nothing is searched, so that MIR replays the draws too
 */
function traceRetrieval(
  networks: TracedNetworks,
  starts: tf.Tensor2D,
  found: FoundLatents | null,
): Pick<DecodedTrace, 'retrieved' | 'path'> {
  return {
    retrieved: { random: describe(networks, starts), mir: describe(networks, found?.latents ?? starts) },
    path: found && { images: networks.decode(found.path), interference: found.interference() },
  };
}

function describe({ previous, current, virtual, decode }: TracedNetworks, latents: tf.Tensor2D): DecodedImages {
  const [count, dimensions] = latents.shape;
  const images = decode(tf.slice2d(latents, [0, 0], [Math.min(count, shownImages), dimensions]));
  const probabilities = tf.softmax(previous(images));
  const labels = tf.argMax<tf.Tensor1D>(probabilities, 1);
  return {
    images,
    labels,
    confidences: tf.max(probabilities, 1),
    tasks: null,
    lossesBefore: crossEntropy(current(images), labels),
    lossesAfter: crossEntropy(virtual(images), labels),
  };
}

/** The networks as they were at the end of the last task. */
interface Previous {
  readonly vae: FrozenVae;
  readonly classifier: FrozenClassifier;
}

/** What one of the networks replays along with one incoming batch. */
interface Retrieved {
  /** Draws from the prior. */
  readonly starts: tf.Tensor2D;
  /** Where they climbed to; null where nothing was searched. */
  readonly found: FoundLatents | null;
  /** What the previous VAE makes of the latents that the retrieval in use ends with, [m, numbers in an image]. */
  readonly images: tf.Tensor2D;
}

/** Images of the prior that a trace shows. */
const dreamCount = 10;

/**
 * Generative replay (GEN), and with retrieval `mir` GEN-MIR (paper, section 3.2, Algorithm 2): images that the VAE of
 * the last task's end makes up are replayed to the VAE and to the classifier, labelled by the last classifier.
 */
export function gen({ config, images, imageShape, classCount }: LearnerInput): Learner {
  const { seed, vaeLatents, genLearningRate } = config;
  const inputs = imageShape.reduce((product, side) => product * side, 1);
  const generator = vae({ inputs, hidden: config.vaeHidden, depth: config.vaeDepth, latents: vaeLatents });
  const classifier = gatedClassifier({ inputs, hidden: config.hidden, classes: classCount });
  const mirOnGenerator =
    config.genReconstruction + config.genKl + config.genEntropy + config.genDiversity + config.genShell > 0;
  const mirOnClassifier = config.clsInterference + config.clsEntropy + config.clsDiversity + config.clsShell > 0;

  const initRandom = randomStream(seed, 'init');
  const latentRandom = randomStream(seed, 'latent');
  const dropoutRandom = randomStream(seed, 'dropout');
  // What only MIR or only a trace draws has its own generators, so that neither shifts what both retrievals draw.
  const searchRandom = randomStream(seed, 'retrieval');
  const traceRandom = randomStream(seed, 'evaluation');

  let classifierParameters: Parameters = tidy(() => classifier.init(initRandom));
  let vaeState: VaeState = tidy(() => {
    const parameters = generator.init(initRandom);
    return { parameters, moments: initialMoments(parameters) };
  });
  let previous: Previous | null = null;
  /** Images of the current task seen so far. */
  let seen = 0;

  const normal = (count: number, random = latentRandom) =>
    tf.tensor2d(standardNormal(count * vaeLatents, random), [count, vaeLatents]);

  /** Retrieves from the previous VAE: prior samples, or what `search` makes them climb to. */
  function retrieve(
    old: Previous,
    used: Retrieval,
    traced: boolean,
    search: ((starts: tf.Tensor2D) => FoundLatents) | null,
  ): Retrieved {
    const starts = normal(roundSize * config.replayBatches);
    const found = search !== null && (used === 'mir' || traced) ? search(starts) : null;
    return { starts, found, images: old.vae.decode(used === 'mir' && found !== null ? found.latents : starts) };
  }

  /** The classifier after a virtual step on the incoming batch, by its fresh gradient and without dropout. */
  function virtualClassifier(incoming: tf.Tensor2D, labels: tf.Tensor2D): FrozenClassifier {
    const { gradient } = gatedGradient(classifierParameters, weightedImages(incoming, null, 0), labels, null);
    return freezeClassifier(classifier, sgdStep(classifierParameters, gradient, genLearningRate));
  }

  return {
    stored: () => ({ labels: [], tasks: [] }),

    observe(batch, retrieval, traced): Observation {
      const used = retrieval ?? 'random';
      const old = previous;
      seen += batch.samples.length;
      const beta = Math.min(seen / config.betaWarmup, config.betaMax);
      const step = tidy(() => {
        const { images: incoming, labels } = images(batch.samples, batch.tasks);
        const incomingTargets = tf.transpose(tf.oneHot(labels, classCount).toFloat() as tf.Tensor2D);

        // Retrieve for the generator, and train it on incoming and replayed.
        const forGenerator =
          old &&
          retrieve(
            old,
            used,
            traced,
            mirOnGenerator
              ? (starts) =>
                  searchForGenerator({
                    vae: generator,
                    parameters: vaeState.parameters,
                    incoming,
                    beta,
                    previous: old,
                    starts,
                    coefficients: config,
                    steps: config.ascentSteps,
                    random: used === 'mir' ? searchRandom : traceRandom,
                  })
              : null,
          );
        const generatorImages = weightedImages(incoming, forGenerator?.images ?? null, config.memoryCoefficient);
        const nextVae = trainVae(generator, vaeState, generatorImages, {
          iterations: config.genIterations,
          beta,
          random: latentRandom,
          dropout: config.vaeDropout,
          dropoutRandom,
        });

        // Retrieve for the classifier, label by the previous classifier, and train on incoming and replayed.
        const virtual =
          old && (traced || (used === 'mir' && mirOnClassifier)) ? virtualClassifier(incoming, incomingTargets) : null;
        const forClassifier =
          old &&
          retrieve(
            old,
            used,
            traced,
            mirOnClassifier && virtual !== null
              ? (starts) =>
                  searchForClassifier({
                    virtual,
                    previous: old,
                    starts,
                    coefficients: config,
                    steps: config.ascentSteps,
                  })
              : null,
          );
        const replayedTargets =
          old && forClassifier && tf.transpose<tf.Tensor2D>(tf.softmax(old.classifier.logits(forClassifier.images)));
        const trained = trainGatedClassifier(
          classifierParameters,
          weightedImages(incoming, forClassifier?.images ?? null, config.memoryCoefficient),
          replayedTargets === null ? incomingTargets : tf.concat([incomingTargets, replayedTargets], 1),
          {
            iterations: config.clsIterations,
            learningRate: genLearningRate,
            dropout: config.genDropout,
            random: dropoutRandom,
          },
        );

        const shown = mirOnGenerator && !mirOnClassifier ? forGenerator : forClassifier;
        const trace = traced ? traceOf(incoming, used, virtual, shown, nextVae) : null;
        const replaced = [forGenerator, forClassifier].flatMap((retrieved) =>
          used === 'mir' ? (retrieved?.found?.replaced ?? []) : [],
        );
        return {
          losses: tf.slice1d(trained.losses, 0, batch.samples.length),
          classifierParameters: trained.parameters,
          vaeState: nextVae,
          trace,
          replaced: replaced.length === 0 ? null : tf.sum<tf.Scalar>(tf.stack(replaced)),
        };
      });
      disposeVaeState(vaeState);
      tf.dispose(Object.values(classifierParameters));
      ({ classifierParameters, vaeState } = step);
      return { losses: step.losses, replays: [], decoded: step.trace, replacedLatents: step.replaced };
    },

    /** Freezes both networks: they are the previous ones of the next task. */
    finishTask() {
      disposePrevious();
      previous = tidy(() => ({
        vae: freezeVae(generator, vaeState.parameters),
        classifier: freezeClassifier(classifier, classifierParameters),
      }));
      seen = 0;
      return Promise.resolve();
    },

    classify: (batch) => classifier.logits(layersOf(classifierParameters), batch),

    negativeElbo: (batch) =>
      generator.elboParts(layersOf(vaeState.parameters), batch, evaluationEpsilon(batch.shape[0])),

    /** By the mean of each image's latent. */
    reconstruct,

    dispose() {
      disposePrevious();
      disposeVaeState(vaeState);
      tf.dispose(Object.values(classifierParameters));
    },
  };

  function reconstruct(batch: tf.Tensor2D): tf.Tensor2D {
    return reconstructBy(vaeState, batch);
  }

  function reconstructBy({ parameters }: VaeState, batch: tf.Tensor2D): tf.Tensor2D {
    const layers = layersOf(parameters);
    return generator.decode(layers, generator.encode(layers, batch).mean);
  }

  /** One fixed ε per row, so that the same images give the same values. */
  function evaluationEpsilon(count: number): tf.Tensor2D {
    return normal(count, randomStream(seed, 'evaluation'));
  }

  function traceOf(
    incoming: tf.Tensor2D,
    used: Retrieval,
    virtual: FrozenClassifier | null,
    shown: Retrieved | null,
    nextVae: VaeState,
  ): DecodedTrace {
    const networks = previous &&
      virtual && {
        previous: previous.classifier.logits,
        current: (made: tf.Tensor2D) => classifier.logits(layersOf(classifierParameters), made),
        virtual: virtual.logits,
        decode: previous.vae.decode,
      };
    const retrieval =
      networks && shown ? traceRetrieval(networks, shown.starts, shown.found) : { retrieved: null, path: null };
    return {
      kind: 'generated',
      used,
      ...retrieval,
      dreams: generator.decode(layersOf(nextVae.parameters), normal(dreamCount, traceRandom)),
      reconstructions: reconstructBy(nextVae, incoming),
    };
  }

  function disposePrevious(): void {
    if (previous === null) return;
    tf.dispose([...Object.values(previous.vae.tensors), ...Object.values(previous.classifier.tensors)]);
    previous = null;
  }
}
