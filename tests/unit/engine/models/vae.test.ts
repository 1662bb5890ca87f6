import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { layersOf } from '../../../../src/engine/models/layers.ts';
import { weightedImages } from '../../../../src/engine/models/losses.ts';
import { bernoulliLoss, sampleLatents, standardNormalKl, vae, vaeGradient } from '../../../../src/engine/models/vae.ts';
import { referenceFile, relativeError, tensorSchema, toParameters, toTensor } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const tree = z.record(z.string(), tensorSchema);
const reference = referenceFile(
  'vae-step',
  z.object({
    beta: z.number(),
    x: tensorSchema,
    epsilon: tensorSchema,
    parameters: tree,
    mean: tensorSchema,
    variance: tensorSchema,
    latent: tensorSchema,
    reconstruction: tensorSchema,
    reconstructionLoss: z.number(),
    klOneSample: z.number(),
    klClosedForm: z.number(),
    gradientClosedForm: tree,
    gradientOneSample: tree,
  }),
);
const model = vae({ inputs: 20, hidden: 8, depth: 1, latents: 3 });
const names = Object.keys(reference.parameters);
const accuracy = 1e-4;

/** One sample of the KL divergence from the prior: log q(z) − log p(z), in nats, [n]. */
function oneSampleKl(
  { variance }: ReturnType<typeof model.encode>,
  latents: tf.Tensor2D,
  epsilon: tf.Tensor2D,
): tf.Tensor1D {
  return tf.mul(0.5, tf.sum(tf.sub(tf.square(latents), tf.add(tf.square(epsilon), tf.log(variance))), 1));
}

describe.each(testBackends)('the VAE on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('agrees with PyTorch in its forward pass and its losses', () => {
    tf.tidy(() => {
      const layers = layersOf(toParameters(reference.parameters));
      const [images, epsilon] = [toTensor(reference.x) as tf.Tensor2D, toTensor(reference.epsilon) as tf.Tensor2D];
      const posterior = model.encode(layers, images);
      const latents = sampleLatents(posterior, epsilon);
      const decoded = model.decode(layers, latents);
      expect(relativeError(posterior.mean.dataSync(), reference.mean.data)).toBeLessThan(accuracy);
      expect(relativeError(posterior.variance.dataSync(), reference.variance.data)).toBeLessThan(accuracy);
      expect(relativeError(latents.dataSync(), reference.latent.data)).toBeLessThan(accuracy);
      expect(relativeError(decoded.dataSync(), reference.reconstruction.data)).toBeLessThan(accuracy);
      const mean = (losses: tf.Tensor1D) => tf.mean(losses).dataSync();
      expect(relativeError(mean(bernoulliLoss(decoded, images)), [reference.reconstructionLoss])).toBeLessThan(
        accuracy,
      );
      expect(relativeError(mean(standardNormalKl(posterior)), [reference.klClosedForm])).toBeLessThan(accuracy);
      expect(relativeError(mean(oneSampleKl(posterior, latents, epsilon)), [reference.klOneSample])).toBeLessThan(
        accuracy,
      );
      const parts = model.elboParts(layers, images, epsilon);
      expect(relativeError(mean(parts.reconstruction), [reference.reconstructionLoss])).toBeLessThan(accuracy);
      expect(relativeError(mean(parts.kl), [reference.klClosedForm])).toBeLessThan(accuracy);
    });
  });

  it.each(['closed form', 'one sample'] as const)(
    'agrees with PyTorch in the gradient with the KL divergence by %s',
    (form) => {
      tf.tidy(() => {
        const parameters = toParameters(reference.parameters);
        const [images, epsilon] = [toTensor(reference.x) as tf.Tensor2D, toTensor(reference.epsilon) as tf.Tensor2D];
        const loss = (...values: tf.Tensor[]) => {
          const layers = layersOf(Object.fromEntries(names.map((name, index) => [name, values[index]])));
          const posterior = model.encode(layers, images);
          const latents = sampleLatents(posterior, epsilon);
          const kl = form === 'closed form' ? standardNormalKl(posterior) : oneSampleKl(posterior, latents, epsilon);
          return tf.mean(tf.add(bernoulliLoss(model.decode(layers, latents), images), tf.mul(kl, reference.beta)));
        };
        const gradients = tf.grads(loss)(names.map((name) => parameters[name]));
        const expected = form === 'closed form' ? reference.gradientClosedForm : reference.gradientOneSample;
        names.forEach((name, index) => {
          expect(relativeError(gradients[index].dataSync(), expected[name].data), name).toBeLessThan(accuracy);
        });
      });
    },
  );

  it('agrees with PyTorch in the gradient that is written out', () => {
    tf.tidy(() => {
      const images = weightedImages(toTensor(reference.x) as tf.Tensor2D, null, 0);
      const epsilon = tf.transpose(toTensor(reference.epsilon)) as tf.Tensor2D;
      const gradient = vaeGradient(model, toParameters(reference.parameters), images, epsilon, reference.beta);
      expect(Object.keys(gradient).sort()).toEqual([...names].sort());
      for (const name of names) {
        expect(relativeError(gradient[name].dataSync(), reference.gradientClosedForm[name].data), name).toBeLessThan(
          accuracy,
        );
      }
    });
  });
});
