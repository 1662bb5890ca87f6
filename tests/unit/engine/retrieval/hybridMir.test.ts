import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream, standardNormal } from '../../../../src/core/random.ts';
import { autoencoder } from '../../../../src/engine/models/autoencoder.ts';
import { mlp, resnet18 } from '../../../../src/engine/models/networks.ts';
import { mapParameters } from '../../../../src/engine/models/parameters.ts';
import {
  hybridTerms,
  type LatentInterference,
  latentObjective,
  nearestLatents,
  retrieveLatents,
  searchInterference,
} from '../../../../src/engine/retrieval/hybridMir.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const [points, classes] = [4, 5];
const coder = autoencoder({ imageShape: [8, 8, 3], filters: 6 });

/** Two states of a classifier that differ by noise, as after a step, and an untrained decoder. */
function interferenceFor(
  classifier: LatentInterference['classifier'],
  decode: LatentInterference['decode'],
): LatentInterference {
  const previous = classifier.init(randomStream(1, 'init')).parameters;
  const other = classifier.init(randomStream(2, 'init')).parameters;
  return { classifier, previous, virtual: mapParameters((a, b) => tf.add(tf.mul(a, 0.5), b), previous, other), decode };
}

/** With an MLP behind the autoencoder; call it inside a tidy. */
function smallInterference(): LatentInterference {
  const fresh = coder.init(randomStream(3, 'init'));
  // As trained ones are, larger than fresh weights, which would decode to almost nothing.
  const coding = { ...fresh, parameters: mapParameters((weight) => tf.mul(weight, 2), fresh.parameters) };
  return interferenceFor(mlp([192, 16, classes]), (latents) => coder.decode(coding, latents));
}

const startingPoints = () =>
  tf.tensor2d(standardNormal(points * coder.latentSize, randomStream(4, 'latent')), [points, coder.latentSize]);

const logProbabilities = (logits: number[]) => {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
};

describe.each(testBackends)('retrieval in latent space on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it('climbs 200 · KL(previous ‖ virtual)/classes − H(previous) − H(virtual)', () => {
    tf.tidy(() => {
      const input = smallInterference();
      const start = startingPoints();
      const images = input.decode(start);
      const logitsOf = (parameters: typeof input.previous) =>
        input.classifier.forward(parameters, images).logits.arraySync();
      const [before, after] = [logitsOf(input.previous), logitsOf(input.virtual)];
      const expected = before.map((logits, row) => {
        const [p, v] = [logProbabilities(logits), logProbabilities(after[row])];
        const divergence = p.reduce((sum, value, index) => sum + Math.exp(value) * (value - v[index]), 0);
        const entropy = [p, v].map((values) => -values.reduce((sum, value) => sum + Math.exp(value) * value, 0));
        return { divergence, objective: (200 / classes) * divergence - entropy[0] - entropy[1] };
      });
      const divergences = hybridTerms(input, start).divergence.arraySync();
      const objectives = latentObjective(input, start).arraySync();
      expected.forEach(({ divergence, objective }, row) => {
        expect(divergences[row]).toBeCloseTo(divergence, 5);
        expect(divergence).toBeGreaterThan(1e-3);
        expect(objectives[row]).toBeCloseTo(objective, 3);
      });
    });
  });

  it('steps ten times along the gradient, as finite differences have it', () => {
    tf.tidy(() => {
      const input = smallInterference();
      const start = startingPoints();
      const { found, replaced } = searchInterference(input, start);
      const step = tf.sub(found, start).div(10).arraySync() as number[][];
      const total = (latents: tf.Tensor2D) => tf.sum(latentObjective(input, latents)).arraySync() as number;
      const width = 2e-3;
      let [error, length] = [0, 0];
      for (let row = 0; row < points; row++)
        for (let column = 0; column < coder.latentSize; column++) {
          const nudge = tf.buffer([points, coder.latentSize]);
          nudge.set(width, row, column);
          const by = nudge.toTensor() as tf.Tensor2D;
          const slope = (total(tf.add(start, by)) - total(tf.sub(start, by))) / (2 * width);
          error += (slope - step[row][column]) ** 2;
          length += slope ** 2;
        }
      expect(Math.sqrt(length)).toBeGreaterThan(0.01);
      expect(Math.sqrt(error / length)).toBeLessThan(0.02);
      expect(replaced.arraySync()).toBe(0);
    });
  });

  it('finds more interference than it starts with, through a ResNet with batch statistics, and takes what is nearest', () => {
    tf.tidy(() => {
      const pictures = autoencoder({ imageShape: [32, 32, 3], filters: 2 });
      const coding = pictures.init(randomStream(3, 'init'));
      const network = resnet18({ imageShape: [32, 32, 3], classes, filters: 1 });
      const input = interferenceFor(network, (latents) => pictures.decode(coding, latents));
      const start = tf.tensor2d(standardNormal(points * pictures.latentSize, randomStream(4, 'latent')), [
        points,
        pictures.latentSize,
      ]);
      const gradient = tf.grad((latents) => tf.sum(latentObjective(input, latents as tf.Tensor2D)))(start);
      const small = tf.add<tf.Tensor2D>(start, tf.mul(gradient, tf.div(0.02, tf.norm(gradient))));
      const rise = tf
        .sub(tf.sum(latentObjective(input, small)), tf.sum(latentObjective(input, start)))
        .arraySync() as number;
      // A short step along the gradient gains its length times the slope.
      expect(rise / (0.02 * (tf.norm(gradient).arraySync() as number))).toBeGreaterThan(0.8);
      expect(rise / (0.02 * (tf.norm(gradient).arraySync() as number))).toBeLessThan(1.2);

      const candidates = tf.tensor2d(standardNormal(20 * pictures.latentSize, randomStream(5, 'latent')), [
        20,
        pictures.latentSize,
      ]);
      const { found, picks } = retrieveLatents(input, start, candidates, 8);
      expect(picks.arraySync()).toEqual(nearestLatents(found, candidates, 8).arraySync());
    });
  });

  it('leaves a latent whose step is not finite where it started, and counts it', () => {
    tf.tidy(() => {
      const input = smallInterference();
      const start = startingPoints();
      // The decoder gives the second point's image an infinite slope.
      const spoilt = tf.tensor2d([[1], [Infinity], [1], [1]]);
      const broken = tf.customGrad((...args) => ({
        value: (args[0] as tf.Tensor).clone(),
        gradFunc: (dy: tf.Tensor) => tf.mul(dy, spoilt),
      }));
      const { found, replaced } = searchInterference(
        { ...input, decode: (latents) => input.decode(broken(latents) as tf.Tensor2D) },
        start,
      );
      const whole = searchInterference(input, start).found.arraySync();
      const rows = found.arraySync();
      expect(replaced.arraySync()).toBe(1);
      expect(rows[1]).toEqual(start.arraySync()[1]);
      for (const row of [0, 2, 3]) rows[row].forEach((value, index) => expect(value).toBeCloseTo(whole[row][index], 5));
    });
  });
});
