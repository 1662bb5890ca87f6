import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../../core/config.ts';
import { type Random, randomStream, standardNormal } from '../../../core/random.ts';
import { roundSize } from '../../latent/ascent.ts';
import { virtualVaeRate } from '../../latent/search.ts';
import type { LearnerInput } from '../../methods/learner.ts';
import { gatedClassifier } from '../../models/gatedClassifier.ts';
import { dropoutMask } from '../../models/layers.ts';
import { vae } from '../../models/vae.ts';
import {
  type NaiveLearner,
  assignAll,
  dense,
  descended,
  gradientOf,
  mapWeights,
  variablesOf,
  type Weights,
  type WeightVariables,
} from './er.ts';

/** What dropout multiplies the hidden units by, layer by layer, [n, hidden] each. */
interface NaiveMasks {
  readonly encoder: readonly tf.Tensor2D[];
  readonly decoder: readonly tf.Tensor2D[];
}

/** The VAE's networks as one would write them with stock operations. */
interface NaiveVae {
  decode(weights: Weights, latents: tf.Tensor2D, masks?: NaiveMasks | null): tf.Tensor2D;
  /** Both parts of each image's −ELBO, [n] each. */
  elbo(
    weights: Weights,
    images: tf.Tensor2D,
    epsilon: tf.Tensor2D,
    masks?: NaiveMasks | null,
  ): { reconstruction: tf.Tensor; kl: tf.Tensor };
}

/** @param depth hidden layers of encoder and of decoder */
export function naiveVae(depth: number): NaiveVae {
  const hiddenLayers = (
    weights: Weights,
    part: 'encoder' | 'decoder',
    input: tf.Tensor2D,
    masks: NaiveMasks | null,
  ): tf.Tensor2D => {
    let x = input;
    for (let layer = 0; layer < depth; layer++) {
      x = tf.relu(dense(weights, `${part}.${2 * layer}`, x));
      if (masks !== null) x = tf.mul(x, masks[part][layer]);
    }
    return x;
  };
  const decode = (weights: Weights, latents: tf.Tensor2D, masks: NaiveMasks | null = null): tf.Tensor2D =>
    tf.sigmoid(dense(weights, `decoder.${2 * depth}`, hiddenLayers(weights, 'decoder', latents, masks)));
  return {
    decode,
    elbo(weights, images, epsilon, masks = null) {
      const features = hiddenLayers(weights, 'encoder', images, masks);
      const mean = dense(weights, 'mean', features);
      const variance = tf.softplus(dense(weights, 'variance.0', features));
      const latents: tf.Tensor2D = mean.add(variance.sqrt().mul(epsilon));
      const p = decode(weights, latents, masks).clipByValue(1e-6, 1 - 1e-6);
      const reconstruction = images
        .mul(p.log())
        .add(tf.sub(1, images).mul(tf.sub(1, p).log()))
        .sum(1)
        .neg();
      const kl = variance.add(mean.square()).sub(1).sub(variance.log()).sum(1).mul(0.5);
      return { reconstruction, kl };
    },
  };
}

/** What {@link updateNaiveVae} needs of one update. */
interface NaiveVaeUpdate {
  readonly weights: WeightVariables;
  readonly optimizer: tf.Optimizer;
  readonly images: tf.Tensor2D;
  /** Of each image in the loss, [n]. */
  readonly imageWeights: tf.Tensor1D;
  readonly epsilon: tf.Tensor2D;
  readonly beta: number;
  readonly masks: NaiveMasks | null;
}

/** One update of the weighted sum over images of reconstruction loss + β KL by the stock optimiser. Gives the loss. */
export function updateNaiveVae(
  vae: NaiveVae,
  { weights, optimizer, images, imageWeights, epsilon, beta, masks }: NaiveVaeUpdate,
): tf.Scalar {
  const { value, grads } = tf.variableGrads(() => {
    const { reconstruction, kl } = vae.elbo(weights, images, epsilon, masks);
    return reconstruction.add(kl.mul(beta)).mul(imageWeights).sum();
  }, Object.values(weights));
  optimizer.applyGradients(grads);
  tf.dispose(grads);
  return value;
}

/** Stock Adam with the constants of its paper. */
export function stockAdam(): tf.Optimizer {
  return tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
}

/**
 * The gated classifier of generative replay in stock operations, [n, numbers in an image] → [n, classes].
 *
 * @param mask what dropout multiplies the hidden units by, [n, hidden]; null in evaluation mode
 */
function naiveGatedLogits(weights: Weights, images: tf.Tensor2D, mask: tf.Tensor2D | null = null): tf.Tensor2D {
  const gated = (x: tf.Tensor2D, name: string) => {
    const [value, gate] = tf.split(dense(weights, name, x), 2, 1);
    return { value, open: tf.sigmoid(gate) };
  };
  const first = gated(images, '0');
  const hidden: tf.Tensor2D = tf.relu(first.value).mul(first.open);
  const second = gated(mask === null ? hidden : hidden.mul(mask), '1');
  return second.value.mul(second.open);
}

/** Cross-entropy of each image against class probabilities, [n]. */
export function naiveSoftLosses(targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D {
  return targets.mul(tf.logSoftmax(logits)).sum<tf.Tensor1D>(1).neg();
}

/** A dropout mask as the stock layout has it, [n, hidden], from the engine's draws. */
export function naiveMask(hidden: number, count: number, rate: number, random: Random): tf.Tensor2D {
  return tf.transpose(tf.tensor2d(dropoutMask(hidden * count, rate, random), [hidden, count]));
}

/** The coefficients of the terms that both objectives share. */
interface SharedCoefficients {
  readonly entropy: number;
  readonly diversity: number;
  readonly shell: number;
}

/**
 * The search of Algorithm 2 in stock operations: round by round, ten latents climb the mean of a value of each, which
 * may look at what earlier rounds found.
 *
 * @param valueOf the value of each latent, [n]
 */
function naiveSearch(
  starts: tf.Tensor2D,
  valueOf: (latents: tf.Tensor2D, earlier: tf.Tensor2D | null) => tf.Tensor,
  steps: number,
): tf.Tensor2D {
  const [count, dimensions] = starts.shape;
  const found: tf.Tensor2D[] = [];
  for (let from = 0; from < count; from += roundSize) {
    const start = tf.slice2d(starts, [from, 0], [roundSize, dimensions]);
    const earlier = found.length === 0 ? null : tf.concat2d(found, 0);
    const gradient = tf.grad((latents) => valueOf(latents as tf.Tensor2D, earlier).mean());
    let latents = start;
    for (let step = 0; step < steps; step++) latents = latents.add(gradient(latents));
    // A latent that is no longer finite goes back to its start.
    const finite = latents.isFinite().all(1, true).tile([1, dimensions]);
    found.push(latents.where(finite, start));
  }
  return tf.concat2d(found, 0);
}

/** −entropy of the previous classifier, + distance to what was found before, − distance from the shell, [n]. */
function naiveSharedTerms(
  latents: tf.Tensor2D,
  earlier: tf.Tensor2D | null,
  previousLogits: () => tf.Tensor2D,
  { entropy, diversity, shell }: SharedCoefficients,
): tf.Tensor {
  let sum: tf.Tensor = tf.zeros([latents.shape[0]]);
  if (entropy !== 0) {
    const logits = previousLogits();
    sum = sum.sub(naiveSoftLosses(tf.softmax(logits), logits).mul(entropy));
  }
  if (diversity !== 0 && earlier !== null) {
    sum = sum.add(latents.expandDims(1).sub(earlier.expandDims(0)).square().mean([1, 2]).mul(diversity));
  }
  if (shell !== 0) sum = sum.sub(tf.norm(latents, 2, 1).sub(Math.sqrt(latents.shape[1])).square().mul(shell));
  return sum;
}

/** A {@link NaiveLearner} that freezes its networks at the end of a task. */
interface NaiveGenerativeLearner extends NaiveLearner {
  finishTask(): void;
  /** −ELBO of each image at β = 1, in nats, [n], with the ε of the engine's. */
  negativeElbo(images: tf.Tensor2D): tf.Tensor1D;
}

/**
 * GEN and GEN-MIR (paper, Algorithm 2) as anyone would write them first: stock layers, `variableGrads` and the stock
 * optimiser for each update, `grad` for each ascent step. It draws the same numbers as the engine's learner.
 */
export function naiveGen(
  { config, images, imageShape, classCount }: LearnerInput,
  retrieval: Retrieval,
): NaiveGenerativeLearner {
  const { vaeLatents: dimensions, genLearningRate: rate, replayBatches, memoryCoefficient } = config;
  const inputs = imageShape[0] * imageShape[1] * imageShape[2];
  const initRandom = randomStream(config.seed, 'init');
  const theta = variablesOf(gatedClassifier({ inputs, hidden: config.hidden, classes: classCount }).init(initRandom));
  const phi = variablesOf(
    vae({ inputs, hidden: config.vaeHidden, depth: config.vaeDepth, latents: dimensions }).init(initRandom),
  );
  const generator = naiveVae(config.vaeDepth);
  const optimizer = stockAdam();
  const latentRandom = randomStream(config.seed, 'latent');
  const dropoutRandom = randomStream(config.seed, 'dropout');
  const searchRandom = randomStream(config.seed, 'retrieval');
  const generatorTerms = { entropy: config.genEntropy, diversity: config.genDiversity, shell: config.genShell };
  const classifierTerms = { entropy: config.clsEntropy, diversity: config.clsDiversity, shell: config.clsShell };
  let previous: { readonly theta: Weights; readonly phi: Weights } | null = null;
  let seen = 0;

  const sum = (terms: SharedCoefficients) => terms.entropy + terms.diversity + terms.shell;
  const normal = (count: number, random = latentRandom) =>
    tf.tensor2d(standardNormal(count * dimensions, random), [count, dimensions]);
  /** ε of an update; the engine draws it with one latent per column. */
  const normalColumns = (count: number, random = latentRandom): tf.Tensor2D =>
    tf.transpose(tf.tensor2d(standardNormal(count * dimensions, random), [dimensions, count]));

  function searchForGenerator(
    old: { readonly theta: Weights; readonly phi: Weights },
    starts: tf.Tensor2D,
    incoming: tf.Tensor2D,
    beta: number,
  ): tf.Tensor2D {
    const { genReconstruction, genKl } = config;
    const stepEpsilon = normalColumns(incoming.shape[0], searchRandom);
    const { gradient } = gradientOf(phi, () => {
      const { reconstruction, kl } = generator.elbo(phi, incoming, stepEpsilon);
      return reconstruction.add(kl.mul(beta)).mean();
    });
    const virtual = descended(phi, gradient, virtualVaeRate);
    const epsilon = normal(roundSize, searchRandom);
    return naiveSearch(
      starts,
      (latents, earlier) => {
        const made = generator.decode(old.phi, latents);
        const shared = naiveSharedTerms(latents, earlier, () => naiveGatedLogits(old.theta, made), generatorTerms);
        if (genReconstruction + genKl === 0) return shared;
        const [after, before] = [generator.elbo(virtual, made, epsilon), generator.elbo(old.phi, made, epsilon)];
        return shared
          .add(after.reconstruction.sub(before.reconstruction).mul(genReconstruction))
          .add(after.kl.sub(before.kl).mul(genKl));
      },
      config.ascentSteps,
    );
  }

  function searchForClassifier(
    old: { readonly theta: Weights; readonly phi: Weights },
    starts: tf.Tensor2D,
    incoming: tf.Tensor2D,
    targets: tf.Tensor2D,
  ): tf.Tensor2D {
    const { gradient } = gradientOf(theta, () => naiveSoftLosses(targets, naiveGatedLogits(theta, incoming)).mean());
    const virtual = descended(theta, gradient, rate);
    return naiveSearch(
      starts,
      (latents, earlier) => {
        const made = generator.decode(old.phi, latents);
        const before = naiveGatedLogits(old.theta, made);
        const interference = naiveSoftLosses(tf.softmax(before), naiveGatedLogits(virtual, made)).mul(
          config.clsInterference,
        );
        return interference.add(naiveSharedTerms(latents, earlier, () => before, classifierTerms));
      },
      config.ascentSteps,
    );
  }

  /** Incoming and replayed images, and each one's weight: the mean over the former plus `memoryCoefficient` times that over the latter. */
  function joined(incoming: tf.Tensor2D, replayed: tf.Tensor2D | null) {
    const fresh: tf.Tensor1D = tf.fill([incoming.shape[0]], 1 / incoming.shape[0]);
    if (replayed === null) return { rows: incoming, weights: fresh };
    const old: tf.Tensor1D = tf.fill([replayed.shape[0]], memoryCoefficient / replayed.shape[0]);
    return { rows: tf.concat2d([incoming, replayed], 0), weights: tf.concat1d([fresh, old]) };
  }

  function trainGenerator({ rows, weights }: ReturnType<typeof joined>, beta: number): void {
    const count = rows.shape[0];
    for (let iteration = 0; iteration < config.genIterations; iteration++) {
      tf.tidy(() => {
        const layers = () =>
          Array.from({ length: config.vaeDepth }, () =>
            naiveMask(config.vaeHidden, count, config.vaeDropout, dropoutRandom),
          );
        const epsilon = normalColumns(count);
        const masks: NaiveMasks | null = config.vaeDropout === 0 ? null : { encoder: layers(), decoder: layers() };
        updateNaiveVae(generator, {
          weights: phi,
          optimizer,
          images: rows,
          imageWeights: weights,
          epsilon,
          beta,
          masks,
        });
      });
    }
  }

  /** Gives the losses of all images before the first update. */
  function trainClassifier({ rows, weights }: ReturnType<typeof joined>, targets: tf.Tensor2D): tf.Tensor1D {
    let losses: tf.Tensor1D | null = null;
    for (let iteration = 0; iteration < config.clsIterations; iteration++) {
      const first = tf.tidy(() => {
        const mask =
          config.genDropout === 0 ? null : naiveMask(config.hidden, rows.shape[0], config.genDropout, dropoutRandom);
        const kept: tf.Tensor1D[] = [];
        const { gradient } = gradientOf(theta, () => {
          const each = naiveSoftLosses(targets, naiveGatedLogits(theta, rows, mask));
          if (iteration === 0) kept.push(tf.keep(each));
          return each.mul(weights).sum();
        });
        assignAll(theta, descended(theta, gradient, rate));
        return kept;
      });
      losses ??= first[0];
    }
    if (losses === null) throw new Error('A classifier is trained in at least one iteration.');
    return losses;
  }

  return {
    observe(batch) {
      seen += batch.samples.length;
      const beta = Math.min(seen / config.betaWarmup, config.betaMax);
      const old = previous;
      return tf.tidy(() => {
        const { images: incoming, labels } = images.tensors(batch.samples, batch.tasks);
        const targets = tf.oneHot(labels, classCount).toFloat() as tf.Tensor2D;
        let generated: tf.Tensor2D | null = null;
        if (old !== null) {
          const starts = normal(roundSize * replayBatches);
          const searches = retrieval === 'mir' && config.genReconstruction + config.genKl + sum(generatorTerms) > 0;
          generated = generator.decode(old.phi, searches ? searchForGenerator(old, starts, incoming, beta) : starts);
        }
        trainGenerator(joined(incoming, generated), beta);

        let replayed: tf.Tensor2D | null = null;
        let allTargets = targets;
        if (old !== null) {
          const starts = normal(roundSize * replayBatches);
          const searches = retrieval === 'mir' && config.clsInterference + sum(classifierTerms) > 0;
          replayed = generator.decode(old.phi, searches ? searchForClassifier(old, starts, incoming, targets) : starts);
          allTargets = tf.concat2d([targets, tf.softmax(naiveGatedLogits(old.theta, replayed))], 0);
        }
        const losses = trainClassifier(joined(incoming, replayed), allTargets);
        const own = losses.slice(0, batch.samples.length);
        losses.dispose();
        return own;
      });
    },
    finishTask() {
      if (previous !== null) tf.dispose([Object.values(previous.theta), Object.values(previous.phi)]);
      const copy = (weights: Weights) => mapWeights(weights, (weight) => weight.clone());
      previous = { theta: copy(theta), phi: copy(phi) };
      seen = 0;
    },
    negativeElbo: (pictures) =>
      tf.tidy(() => {
        const { reconstruction, kl } = generator.elbo(
          phi,
          pictures,
          normal(pictures.shape[0], randomStream(config.seed, 'evaluation')),
        );
        return reconstruction.add<tf.Tensor1D>(kl);
      }),
    dispose() {
      optimizer.dispose();
      tf.dispose([Object.values(theta), Object.values(phi)]);
      if (previous !== null) tf.dispose([Object.values(previous.theta), Object.values(previous.phi)]);
    },
  };
}
