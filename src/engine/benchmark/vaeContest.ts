import * as tf from '@tensorflow/tfjs';
import type { LearnerInput } from '../methods/learner.ts';
import { disposeVaeState, trainVae, type VaeState } from '../methods/trainVae.ts';
import { initialMoments } from '../models/adam.ts';
import { vae } from '../models/vae.ts';
import { weightedImages } from '../models/weightedImages.ts';
import { randomStream, standardNormal } from '../random.ts';
import { tidy } from '../tidy.ts';
import { type BenchmarkInput, cycled } from './benchmarkInput.ts';
import type { Contest, Contestant } from './contest.ts';
import { naiveMask } from './naive/naiveMask.ts';
import { naiveVae, stockAdam, updateNaiveVae } from './naive/naiveVae.ts';
import { variablesOf } from './naive/weights.ts';

/** The VAE's updates on one incoming batch and as many images as are replayed with it, for which images of the first task stand. */
export function vaeContest({ learner: input, first, later }: BenchmarkInput): Contest {
  const old = Int32Array.from(first.flatMap(({ samples }) => [...samples])).slice(0, 10 * input.config.replayBatches);
  const replayed = input.images(old, new Int32Array(old.length).fill(1));
  replayed.labels.dispose();
  return {
    contestants: [engineVae(input, replayed.images), stockVae(input, tf.clone(replayed.images))],
    batches: cycled(later),
    updatesPerStep: input.config.genIterations,
  };
}

/** Made of equal parameters, and with the same numbers drawn. */
function beginningOf({ config, imageShape }: LearnerInput) {
  const inputs = imageShape[0] * imageShape[1] * imageShape[2];
  const generator = vae({ inputs, hidden: config.vaeHidden, depth: config.vaeDepth, latents: config.vaeLatents });
  return {
    generator,
    parameters: generator.init(randomStream(config.seed, 'init')),
    latentRandom: randomStream(config.seed, 'latent'),
    dropoutRandom: randomStream(config.seed, 'dropout'),
  };
}

export function engineVae(input: LearnerInput, replayed: tf.Tensor2D): Contestant {
  const { config } = input;
  const { generator, parameters, latentRandom, dropoutRandom } = beginningOf(input);
  let state: VaeState = { parameters, moments: tidy(() => initialMoments(parameters)) };
  return {
    name: 'engine',
    step(batch) {
      const next = tidy(() => {
        const { images } = input.images(batch.samples, batch.tasks);
        return trainVae(generator, state, weightedImages(images, replayed, config.memoryCoefficient), {
          iterations: config.genIterations, beta: config.betaMax, random: latentRandom, dropout: config.vaeDropout, dropoutRandom,
        });
      });
      disposeVaeState(state);
      state = next;
      return tf.clone(next.parameters['mean.bias']);
    },
    dispose() {
      disposeVaeState(state);
      replayed.dispose();
    },
  };
}

export function stockVae(input: LearnerInput, replayed: tf.Tensor2D): Contestant {
  const { config } = input;
  const { parameters, latentRandom, dropoutRandom } = beginningOf(input);
  const generator = naiveVae(config.vaeDepth);
  const weights = variablesOf(parameters);
  const optimizer = stockAdam();
  return {
    name: 'stock',
    step(batch) {
      tf.tidy(() => {
        const { images: incoming } = input.images(batch.samples, batch.tasks);
        const [fresh, old] = [incoming.shape[0], replayed.shape[0]];
        const images = tf.concat2d([incoming, replayed], 0);
        const imageWeights = tf.concat1d([tf.fill([fresh], 1 / fresh), tf.fill([old], config.memoryCoefficient / old)]);
        const count = fresh + old;
        for (let iteration = 0; iteration < config.genIterations; iteration++) {
          tf.tidy(() => {
            const epsilon: tf.Tensor2D = tf.transpose(tf.tensor2d(standardNormal(config.vaeLatents * count, latentRandom), [config.vaeLatents, count]));
            const hiddenMasks = () => Array.from({ length: config.vaeDepth }, () => naiveMask(config.vaeHidden, count, config.vaeDropout, dropoutRandom));
            const masks = config.vaeDropout === 0 ? null : { encoder: hiddenMasks(), decoder: hiddenMasks() };
            updateNaiveVae(generator, { weights, optimizer, images, imageWeights, epsilon, beta: config.betaMax, masks });
          });
        }
      });
      return tf.clone(weights['mean.bias']);
    },
    dispose() {
      optimizer.dispose();
      tf.dispose(Object.values(weights));
      replayed.dispose();
    },
  };
}
