import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomStream, standardNormal, symmetricUniform } from '../../../../src/core/random.ts';
import { adamRate, adamStep, initialMoments, type Parameters, tidy } from '../../../../src/engine/models/parameters.ts';
import { gatedClassifier, gatedGradient, trainGatedClassifier } from '../../../../src/engine/models/gatedClassifier.ts';
import { dropoutMask } from '../../../../src/engine/models/layers.ts';
import { weightedImages } from '../../../../src/engine/models/losses.ts';
import { vae, vaeGradient } from '../../../../src/engine/models/vae.ts';
import * as dispatching from '../../../../src/engine/programs/dispatch.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import { sharings } from './sharings.ts';

const webgpu = await startTestWebgpu();

type Numbers = Record<string, { readonly values: number[]; readonly shape: number[] }>;

/** What some work on tensors gives on a backend, as numbers. */
async function on(backend: string, work: () => Parameters): Promise<Numbers> {
  await tf.setBackend(backend);
  const made = tidy(work);
  const read = await Promise.all(
    Object.entries(made).map(async ([name, tensor]) => {
      const entry = [name, { values: Array.from(await tensor.data()), shape: tensor.shape }] as const;
      tensor.dispose();
      return entry;
    }),
  );
  return Object.fromEntries(read);
}

function expectSame(found: Numbers, wanted: Numbers, accuracy: number): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, { values, shape }] of Object.entries(wanted)) {
    expect(found[name].shape, name).toEqual(shape);
    expect(relativeError(found[name].values, values), name).toBeLessThan(accuracy);
  }
}

const [incoming, replayed] = [5, 14];
const count = incoming + replayed;
const inputs = 30;
const pixels = (rows: number, seed: number) =>
  tf.tensor2d(
    symmetricUniform(rows * inputs, 0.5, randomStream(seed, 'data')).map((value) => value + 0.5),
    [rows, inputs],
  );
const images = () => weightedImages(pixels(incoming, 1), pixels(replayed, 2), 3);

describe.runIf(webgpu !== null).each(sharings)(
  'the networks of generative replay on webgpu, as cut for %s',
  (_, sharing) => {
    let before = 0;
    beforeAll(() => {
      before = tf.memory().numTensors;
      vi.spyOn(dispatching, 'deviceSharing').mockReturnValue(sharing);
    });
    afterAll(async () => {
      vi.restoreAllMocks();
      expect(tf.memory().numTensors).toBe(before);
      await tf.setBackend('webgpu');
    });

    it.each([
      { depth: 1, dropout: 0, far: 1 },
      { depth: 2, dropout: 0.3, far: 1 },
      // Variances and probabilities at their ends.
      { depth: 1, dropout: 0, far: 40 },
    ])('give the gradient of the VAE that is written out, $depth deep, dropout $dropout, × $far', async (settings) => {
      const { depth, dropout, far } = settings;
      const [hidden, latents] = [18, 4];
      const model = vae({ inputs, hidden, depth, latents });
      const gradient = () => {
        const parameters = model.init(randomStream(3, 'init'));
        const random = randomStream(4, 'dropout');
        const mask = () => tf.tensor2d(dropoutMask(hidden * count, dropout, random), [hidden, count]);
        const each = () => Array.from({ length: depth }, mask);
        const masks = dropout === 0 ? null : { encoder: each(), decoder: each() };
        const epsilon = tf.tensor2d(standardNormal(latents * count, randomStream(5, 'latent')), [latents, count]);
        const stretched = Object.fromEntries(
          Object.entries(parameters).map(([name, value]) => [
            name,
            name === 'variance.0.bias' || name === `decoder.${2 * depth}.bias` ? tf.mul(value, far) : value,
          ]),
        );
        return vaeGradient(model, stretched, images(), epsilon, tf.scalar(0.7), masks);
      };
      expectSame(await on('webgpu', gradient), await on('cpu', gradient), 1e-4);
    });

    it.each([{ dropout: 0 }, { dropout: 0.4 }])('train the gated classifier, dropout $dropout', async ({ dropout }) => {
      const [hidden, classes, iterations] = [18, 4, 5];
      const classifier = gatedClassifier({ inputs, hidden, classes });
      const random = () => randomStream(6, 'data');
      const given = () => {
        const draws = randomStream(1, 'dropout');
        const mask = () => tf.tensor2d(dropoutMask(hidden * count, dropout, draws), [hidden, count]);
        const logits = tf.tensor2d(symmetricUniform(count * classes, 3, random()), [count, classes]);
        return {
          start: classifier.init(random()),
          targets: tf.transpose<tf.Tensor2D>(tf.softmax(logits)),
          masks: dropout === 0 ? null : Array.from({ length: iterations }, mask),
        };
      };
      const gradient = () => {
        const { start, targets, masks } = given();
        const { losses, gradient: made } = gatedGradient(start, images(), targets, masks?.[0] ?? null);
        return { ...made, losses };
      };
      expectSame(await on('webgpu', gradient), await on('cpu', gradient), 1e-5);
      const training = () => {
        const { start, targets, masks } = given();
        const training = { iterations, learningRate: 0.3, masks };
        const { parameters, losses } = trainGatedClassifier(start, images(), targets, training);
        const moved = Object.entries(parameters).map(([name, value]) => [name, tf.sub(value, start[name])]);
        return { ...(Object.fromEntries(moved) as Parameters), losses };
      };
      expectSame(await on('webgpu', training), await on('cpu', training), 1e-4);
    });
  },
);

describe.runIf(webgpu !== null)('Adam on webgpu', () => {
  it('moves tensors of all sizes as on cpu', async () => {
    const sizes = [[1], [3], [4, 33], [129], [65, 2]];
    const tree = (seed: number) =>
      Object.fromEntries(
        sizes.map((shape, index) => {
          const size = tf.util.sizeFromShape(shape);
          return [`${index}.weight`, tf.tensor(symmetricUniform(size, 1, randomStream(seed + index, 'data')), shape)];
        }),
      );
    const steps = () => {
      let parameters: Parameters = tree(1);
      let moments = initialMoments(parameters);
      for (let step = 1; step <= 3; step++) {
        const rate = tf.tensor1d(adamRate(step, 0.01));
        ({ parameters, moments } = adamStep(parameters, tree(10 * step), moments, rate));
      }
      const named = (prefix: string, tensors: Parameters) =>
        Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
      return { ...parameters, ...named('m ', moments.means), ...named('v ', moments.squares) };
    };
    expectSame(await on('webgpu', steps), await on('cpu', steps), 1e-5);
    await tf.setBackend('webgpu');
  });
});
