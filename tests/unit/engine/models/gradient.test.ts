import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { lossAndGradient, lossOf } from '../../../../src/engine/models/classifier.ts';
import { crossEntropy } from '../../../../src/engine/models/losses.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import type { Parameters } from '../../../../src/engine/models/parameters.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const classifier = mlp([6, 7, 5, 4]);
const images = symmetricUniform(18, 1, randomStream(3, 'data'));
const labels = [0, 2, 3];

function examples() {
  return { images: tf.tensor2d(images, [3, 6]), labels: tf.tensor1d(labels, 'int32') };
}

describe.each(testBackends)('gradients on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('agree with central differences of the mean loss, for every parameter', async () => {
    const { parameters } = classifier.init(randomStream(1, 'init'));
    const host = Object.fromEntries(
      await Promise.all(Object.entries(parameters).map(async ([name, tensor]) => [name, await tensor.data()] as const)),
    );
    const { losses, gradient } = tf.tidy(
      () =>
        lossAndGradient(classifier, parameters, examples()) as never as {
          losses: tf.Tensor;
          gradient: Record<string, tf.Tensor>;
        },
    );
    const meanLoss = (changed: Parameters) =>
      tf.tidy(() => tf.mean(lossOf(classifier, changed, examples())).dataSync()[0]);
    expect(meanLoss(parameters)).toBeCloseTo(
      Array.from(await losses.data()).reduce((sum, loss) => sum + loss, 0) / 3,
      6,
    );

    const h = 1e-3;
    for (const [name, tensor] of Object.entries(parameters)) {
      const analytic = await gradient[name].data();
      for (let index = 0; index < tensor.size; index++) {
        const shifted = (by: number) => {
          const values = host[name].slice();
          values[index] += by;
          const changed = tf.tensor(values, tensor.shape);
          const loss = meanLoss({ ...parameters, [name]: changed });
          changed.dispose();
          return loss;
        };
        expect(Math.abs((shifted(h) - shifted(-h)) / (2 * h) - analytic[index])).toBeLessThan(5e-4);
      }
    }
    tf.dispose([parameters, losses, gradient]);
  });

  it('keep the cross-entropy finite and right for logits of any size', async () => {
    const logits = tf.tensor2d([
      [1_000, -1_000, 0],
      [0, 0, 0],
      [-50, 60, 60],
    ]);
    const indices = tf.tensor1d([1, 2, 1], 'int32');
    const losses = tf.tidy(() => crossEntropy(logits, indices));
    const values = Array.from(await losses.data());
    [2_000, Math.log(3), Math.log(2)].forEach((expected, index) => {
      expect(values[index]).toBeCloseTo(expected, 4);
    });
    tf.dispose([logits, indices, losses]);
  });

  it('start like PyTorch: weights and biases within ±1/√fan_in, filling it', async () => {
    const { parameters } = mlp([100, 50, 10]).init(randomStream(0, 'init'));
    expect(Object.entries(parameters).map(([name, { shape }]) => [name, shape])).toEqual([
      ['0.weight', [50, 100]],
      ['0.bias', [50]],
      ['2.weight', [10, 50]],
      ['2.bias', [10]],
    ]);
    for (const [name, fanIn] of [
      ['0.weight', 100],
      ['0.bias', 100],
      ['2.weight', 50],
      ['2.bias', 50],
    ] as const) {
      const values = Array.from(await parameters[name].data(), Math.abs);
      expect(Math.max(...values)).toBeLessThanOrEqual(1 / Math.sqrt(fanIn));
      expect(Math.max(...values)).toBeGreaterThan(0.7 / Math.sqrt(fanIn));
    }
    tf.dispose(parameters);
  });
});
