import * as tf from '@tensorflow/tfjs';
import type { Retrieval, RunConfig } from '../../../src/core/config.ts';
import { randomStream, standardNormal } from '../../../src/core/random.ts';
import type { StreamStep } from '../../../src/core/stream.ts';
import type { ImageSource } from '../../../src/engine/data/imageSource.ts';
import { gatedClassifier } from '../../../src/engine/models/gatedClassifier.ts';
import { dropoutMask } from '../../../src/engine/models/layers.ts';
import { tidy } from '../../../src/engine/models/parameters.ts';
import { vae } from '../../../src/engine/models/vae.ts';

/**
 * Algorithm 2 as one would first write it down: networks of stock operations, two separate losses, gradients by
 * automatic differentiation, every iteration in full. An independent second opinion on the engine's gradients written
 * out, its iterations on products and its search. Of the engine it shares the parameters at the start and the
 * generators of random numbers, which it calls in the same order.
 */
export function plainGen(config: RunConfig, retrieval: Retrieval, steps: readonly StreamStep[], images: ImageSource) {
  const [inputs, classes] = [36, 10];
  const { vaeLatents: dimensions, vaeDepth: depth } = config;
  const init = randomStream(config.seed, 'init');
  let theta: Tree = gatedClassifier({ inputs, hidden: config.hidden, classes }).init(init);
  let phi: Tree = vae({ inputs, hidden: config.vaeHidden, depth, latents: dimensions }).init(init);
  const moments = {
    steps: 0,
    mean: mapTree(phi, (tensor) => tf.zerosLike(tensor)),
    square: mapTree(phi, (tensor) => tf.zerosLike(tensor)),
  };
  const [latentRandom, dropoutRandom, searchRandom] = (['latent', 'dropout', 'retrieval'] as const).map((purpose) =>
    randomStream(config.seed, purpose),
  );
  const normal = (rows: number, columns: number, random = latentRandom) =>
    tf.tensor2d(standardNormal(rows * columns, random), [rows, columns]);
  const maskOf = (units: number, count: number, rate: number) =>
    tf.transpose(tf.tensor2d(dropoutMask(units * count, rate, dropoutRandom), [units, count]));
  let previous: { theta: Tree; phi: Tree } | null = null;
  let seen = 0;
  const losses: number[] = [];

  /** Hidden layers; `masks` holds what dropout multiplies the units of each by. */
  function hiddenLayers(
    parameters: Tree,
    part: 'encoder' | 'decoder',
    x: tf.Tensor,
    masks: readonly tf.Tensor[] | null,
  ): tf.Tensor {
    let h = x;
    for (let layer = 0; layer < depth; layer++) {
      h = tf.relu(dense(parameters, `${part}.${2 * layer}`, h));
      if (masks !== null) h = tf.mul(h, masks[layer]);
    }
    return h;
  }

  function decode(parameters: Tree, z: tf.Tensor, masks: readonly tf.Tensor[] | null = null): tf.Tensor {
    const h = hiddenLayers(parameters, 'decoder', z, masks);
    return tf.sigmoid(dense(parameters, `decoder.${2 * depth}`, h));
  }

  function posterior(parameters: Tree, x: tf.Tensor, masks: readonly tf.Tensor[] | null = null) {
    const h = hiddenLayers(parameters, 'encoder', x, masks);
    return { mean: dense(parameters, 'mean', h), variance: tf.softplus(dense(parameters, 'variance.0', h)) };
  }

  /** Reconstruction loss and KL divergence of each image. */
  function elbo(
    parameters: Tree,
    x: tf.Tensor,
    epsilon: tf.Tensor,
    masks: readonly (readonly tf.Tensor[])[] | null = null,
  ) {
    const { mean, variance } = posterior(parameters, x, masks && masks[0]);
    const p = tf.clipByValue(
      decode(parameters, tf.add(mean, tf.mul(tf.sqrt(variance), epsilon)), masks && masks[1]),
      1e-6,
      1 - 1e-6,
    );
    const reconstruction = tf.neg(tf.sum(tf.add(tf.mul(x, tf.log(p)), tf.mul(tf.sub(1, x), tf.log(tf.sub(1, p)))), 1));
    const kl = tf.mul(0.5, tf.sum(tf.sub(tf.sub(tf.add(variance, tf.square(mean)), 1), tf.log(variance)), 1));
    return { reconstruction, kl };
  }

  function logitsOf(parameters: Tree, x: tf.Tensor, mask: tf.Tensor | null): tf.Tensor {
    const [value, gate] = tf.split(dense(parameters, '0', x), 2, 1);
    const hidden = tf.mul(tf.relu(value), tf.sigmoid(gate));
    const [outputValue, outputGate] = tf.split(
      dense(parameters, '1', mask === null ? hidden : tf.mul(hidden, mask)),
      2,
      1,
    );
    return tf.mul(outputValue, tf.sigmoid(outputGate));
  }

  function classifierLosses(parameters: Tree, x: tf.Tensor, targets: tf.Tensor, mask: tf.Tensor | null): tf.Tensor {
    return crossEntropyOf(targets, logitsOf(parameters, x, mask));
  }

  /** Ten at a time from the prior, by the gradient of the mean of what `valueOf` gives for each. */
  function search(starts: tf.Tensor2D, valueOf: (z: tf.Tensor, earlier: tf.Tensor | null) => tf.Tensor): tf.Tensor {
    const found: tf.Tensor[] = [];
    for (let round = 0; round < config.replayBatches; round++) {
      let z: tf.Tensor = tf.slice2d(starts, [10 * round, 0], [10, dimensions]);
      const earlier = found.length === 0 ? null : tf.concat(found, 0);
      for (let step = 0; step < config.ascentSteps; step++)
        z = tf.add(z, tf.grad((at) => tf.mean(valueOf(at, earlier)))(z));
      found.push(z);
    }
    return tf.concat(found, 0);
  }

  function regularised(
    z: tf.Tensor,
    earlier: tf.Tensor | null,
    previousLogits: tf.Tensor,
    [entropy, diversity, shell]: readonly number[],
  ): tf.Tensor {
    const sureness = tf.mul(crossEntropyOf(tf.softmax(previousLogits), previousLogits), entropy);
    const offShell = tf.mul(tf.square(tf.sub(tf.norm(z, 2, 1), Math.sqrt(dimensions))), shell);
    const differences = earlier && tf.sub(tf.expandDims(z, 1), tf.expandDims(earlier, 0));
    const distance = differences === null ? 0 : tf.mul(tf.mean(tf.square(differences), [1, 2]), diversity);
    return tf.sub(distance, tf.add(sureness, offShell));
  }

  for (const [index, { task, batches }] of steps.entries()) {
    const kept = tidy(() => {
      const { images: x, labels } = images.tensors(batches[0].samples, batches[0].tasks);
      const old = previous;
      seen += 10;
      const beta = Math.min(seen / config.betaWarmup, config.betaMax);
      const replays = 10 * config.replayBatches;

      let generated: tf.Tensor | null = null;
      if (old !== null) {
        const starts = normal(replays, dimensions);
        const coefficients = [config.genEntropy, config.genDiversity, config.genShell];
        const wanted = config.genReconstruction + config.genKl + coefficients.reduce((sum, one) => sum + one) > 0;
        let z: tf.Tensor = starts;
        if (retrieval === 'mir' && wanted) {
          const stepEpsilon = tf.transpose(normal(dimensions, 10, searchRandom));
          const virtual = descend(
            phi,
            gradientOf(phi, (at) => totalElbo(elbo(at, x, stepEpsilon), beta)),
            1e-3,
          );
          const epsilon = normal(10, dimensions, searchRandom);
          z = search(starts, (at, earlier) => {
            const made = decode(old.phi, at);
            const [after, before] = [elbo(virtual, made, epsilon), elbo(old.phi, made, epsilon)];
            const rec = tf.mul(tf.sub(after.reconstruction, before.reconstruction), config.genReconstruction);
            const kl = tf.mul(tf.sub(after.kl, before.kl), config.genKl);
            return tf.add(tf.add(rec, kl), regularised(at, earlier, logitsOf(old.theta, made, null), coefficients));
          });
        }
        generated = decode(old.phi, z);
      }
      for (let iteration = 0; iteration < config.genIterations; iteration++) {
        const count = generated === null ? 10 : 10 + replays;
        const epsilon = tf.transpose(normal(dimensions, count));
        const masks =
          config.vaeDropout === 0
            ? null
            : ['encoder', 'decoder'].map(() =>
                Array.from({ length: depth }, () => maskOf(config.vaeHidden, count, config.vaeDropout)),
              );
        const masksOf = (from: number, size: number) =>
          masks && masks.map((layers) => layers.map((mask) => tf.slice(mask, [from, 0], [size, config.vaeHidden])));
        const gradient = gradientOf(phi, (at) => {
          const incoming = totalElbo(elbo(at, x, tf.slice(epsilon, 0, 10), masksOf(0, 10)), beta);
          if (generated === null) return incoming;
          return tf.add(
            incoming,
            tf.mul(
              totalElbo(elbo(at, generated, tf.slice(epsilon, 10), masksOf(10, replays)), beta),
              config.memoryCoefficient,
            ),
          );
        });
        moments.steps += 1;
        moments.mean = mapTree(moments.mean, (m, name) => tf.add(tf.mul(m, 0.9), tf.mul(gradient[name], 0.1)));
        moments.square = mapTree(moments.square, (v, name) =>
          tf.add(tf.mul(v, 0.999), tf.mul(tf.square(gradient[name]), 0.001)),
        );
        phi = mapTree(phi, (value, name) => {
          const m = tf.div(moments.mean[name], 1 - 0.9 ** moments.steps);
          const v = tf.div(moments.square[name], 1 - 0.999 ** moments.steps);
          return tf.sub(value, tf.mul(1e-3, tf.div(m, tf.add(tf.sqrt(v), 1e-8))));
        });
      }

      const targets = tf.oneHot(labels, classes).toFloat();
      let replayed: tf.Tensor | null = null;
      let replayedTargets: tf.Tensor | null = null;
      if (old !== null) {
        const starts = normal(replays, dimensions);
        const virtual = descend(
          theta,
          gradientOf(theta, (at) => tf.mean(classifierLosses(at, x, targets, null))),
          config.genLearningRate,
        );
        const z =
          retrieval === 'random'
            ? starts
            : search(starts, (at, earlier) => {
                const made = decode(old.phi, at);
                const before = logitsOf(old.theta, made, null);
                const interference = tf.mul(
                  crossEntropyOf(tf.softmax(before), logitsOf(virtual, made, null)),
                  config.clsInterference,
                );
                return tf.add(
                  interference,
                  regularised(at, earlier, before, [config.clsEntropy, config.clsDiversity, config.clsShell]),
                );
              });
        replayed = decode(old.phi, z);
        replayedTargets = tf.softmax(logitsOf(old.theta, replayed, null));
      }
      for (let iteration = 0; iteration < config.clsIterations; iteration++) {
        const count = replayed === null ? 10 : 10 + replays;
        const mask = config.genDropout === 0 ? null : maskOf(config.hidden, count, config.genDropout);
        const part = (from: number, size: number) => mask && tf.slice(mask, [from, 0], [size, config.hidden]);
        if (iteration === 0) losses.push(...classifierLosses(theta, x, targets, part(0, 10)).dataSync());
        const gradient = gradientOf(theta, (at) => {
          const incoming = tf.mean(classifierLosses(at, x, targets, part(0, 10)));
          if (replayed === null || replayedTargets === null) return incoming;
          return tf.add(
            incoming,
            tf.mul(
              tf.mean(classifierLosses(at, replayed, replayedTargets, part(10, replays))),
              config.memoryCoefficient,
            ),
          );
        });
        theta = descend(theta, gradient, config.genLearningRate);
      }
      const taskEnd = index + 1 === steps.length || steps[index + 1].task !== task;
      return { theta, phi, mean: moments.mean, square: moments.square, taskEnd };
    });
    ({ theta, phi } = kept);
    moments.mean = kept.mean;
    moments.square = kept.square;
    if (kept.taskEnd) {
      previous = { theta, phi };
      seen = 0;
    }
  }

  return {
    losses,
    evaluate(batch: tf.Tensor2D) {
      const parts = elbo(phi, batch, normal(batch.shape[0], dimensions, randomStream(config.seed, 'evaluation')));
      const valuesOf = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
      return {
        classLosses: valuesOf(tf.neg(tf.logSoftmax(logitsOf(theta, batch, null)))),
        elbo: [...valuesOf(parts.reconstruction), ...valuesOf(parts.kl)],
        reconstructed: valuesOf(decode(phi, posterior(phi, batch).mean)),
      };
    },
    dispose: () => tf.dispose([theta, phi, moments.mean, moments.square].flatMap((tree) => Object.values(tree))),
  };
}

type Tree = Readonly<Record<string, tf.Tensor>>;

function mapTree(tree: Tree, f: (tensor: tf.Tensor, name: string) => tf.Tensor): Tree {
  return Object.fromEntries(Object.entries(tree).map(([name, tensor]) => [name, f(tensor, name)]));
}

function dense(parameters: Tree, name: string, x: tf.Tensor): tf.Tensor {
  return tf.add(tf.matMul(x as tf.Tensor2D, tf.transpose(parameters[`${name}.weight`])), parameters[`${name}.bias`]);
}

function crossEntropyOf(targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1));
}

function totalElbo({ reconstruction, kl }: { reconstruction: tf.Tensor; kl: tf.Tensor }, beta: number): tf.Tensor {
  return tf.mean(tf.add(reconstruction, tf.mul(kl, beta)));
}

function gradientOf(tree: Tree, loss: (tree: Tree) => tf.Tensor): Tree {
  const names = Object.keys(tree);
  const gradients = tf.grads((...values: tf.Tensor[]) =>
    loss(Object.fromEntries(names.map((name, index) => [name, values[index]]))),
  )(Object.values(tree));
  return Object.fromEntries(names.map((name, index) => [name, gradients[index]]));
}

function descend(tree: Tree, gradient: Tree, rate: number): Tree {
  return mapTree(tree, (tensor, name) => tf.sub(tensor, tf.mul(gradient[name], rate)));
}
