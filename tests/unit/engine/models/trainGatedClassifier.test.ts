import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { gatedClassifier, gatedGradient, trainGatedClassifier } from '../../../../src/engine/models/gatedClassifier.ts';
import { dropoutMask } from '../../../../src/engine/models/layers.ts';
import { weightedImages } from '../../../../src/engine/models/losses.ts';
import { type Parameters, sgdStep, tidy } from '../../../../src/engine/models/parameters.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const [inputs, hidden, classes] = [30, 12, 4];
const [incoming, replayed] = [5, 9];
const classifier = gatedClassifier({ inputs, hidden, classes });

describe.each(testBackends)('training the gated classifier on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([{ dropout: 0 }, { dropout: 0.4 }])(
    'equals the same number of single steps, dropout $dropout',
    ({ dropout }) => {
      tidy(() => {
        const random = randomStream(3, 'data');
        const start = classifier.init(random);
        const pixels = (count: number) =>
          tf.abs(tf.tensor2d(symmetricUniform(count * inputs, 1, random), [count, inputs]));
        const images = weightedImages(pixels(incoming), pixels(replayed), 3);
        const count = incoming + replayed;
        const targets = tf.transpose<tf.Tensor2D>(
          tf.softmax(tf.tensor2d(symmetricUniform(count * classes, 3, random), [count, classes])),
        );
        const [iterations, learningRate] = [6, 0.3];

        const maskRandom = randomStream(1, 'dropout');
        const masks =
          dropout === 0
            ? null
            : Array.from({ length: iterations }, () =>
                tf.tensor2d(dropoutMask(hidden * count, dropout, maskRandom), [hidden, count]),
              );
        let expected: Parameters = start;
        const losses: Float32Array[] = [];
        for (let iteration = 0; iteration < iterations; iteration++) {
          const step = gatedGradient(expected, images, targets, masks?.[iteration] ?? null);
          losses.push(step.losses.dataSync<'float32'>());
          expected = sgdStep(expected, step.gradient, learningRate);
        }
        const trained = trainGatedClassifier(start, images, targets, {
          iterations,
          learningRate,
          masks,
        });
        expect(relativeError(trained.losses.dataSync(), losses[0])).toBeLessThan(1e-5);
        for (const [name, value] of Object.entries(expected)) {
          const moved = (to: tf.Tensor) => tf.sub(to, start[name]).dataSync();
          expect(relativeError(moved(trained.parameters[name]), moved(value)), name).toBeLessThan(1e-4);
        }
      });
    },
  );

  it('drops the share of units that it is told to, and keeps the mean', () => {
    const values = dropoutMask(90_000, 0.4, randomStream(2, 'dropout'));
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.6)]));
    expect(values.filter((value) => value === 0).length / values.length).toBeCloseTo(0.4, 2);
  });
});
