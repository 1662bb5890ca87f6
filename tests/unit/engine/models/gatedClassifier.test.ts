import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { randomStream } from '../../../../src/core/random.ts';
import { gatedClassifier, gatedGradient } from '../../../../src/engine/models/gatedClassifier.ts';
import { layersOf } from '../../../../src/engine/models/layers.ts';
import { weightedImages } from '../../../../src/engine/models/losses.ts';
import { referenceFile, relativeError, tensorSchema, toParameters, toTensor } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const tree = z.record(z.string(), tensorSchema);
const reference = referenceFile(
  'gated-classifier',
  z.object({
    x: tensorSchema,
    softLabels: tensorSchema,
    parameters: tree,
    logits: tensorSchema,
    loss: z.number(),
    gradient: tree,
  }),
);
const model = gatedClassifier({ inputs: 20, hidden: 8, classes: 4 });
const accuracy = 1e-4;

/** PyTorch keeps the halves of a gated layer apart: `0.h.weight` and `0.g.weight`. */
function stacked(figures: typeof reference.parameters): Record<string, tf.Tensor> {
  const halves = toParameters(figures);
  const names = ['0.weight', '0.bias', '1.weight', '1.bias'];
  return Object.fromEntries(
    names.map((name) => [
      name,
      tf.concat(
        ['h', 'g'].map((half) => halves[name.replace('.', `.${half}.`)]),
        0,
      ),
    ]),
  );
}

describe.each(testBackends)('the gated classifier on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('agrees with PyTorch in logits, loss and gradient', () => {
    tf.tidy(() => {
      const parameters = stacked(reference.parameters);
      const images = toTensor(reference.x) as tf.Tensor2D;
      expect(relativeError(model.logits(layersOf(parameters), images).dataSync(), reference.logits.data)).toBeLessThan(
        accuracy,
      );
      const targets = tf.transpose(toTensor(reference.softLabels)) as tf.Tensor2D;
      const { losses, gradient } = gatedGradient(parameters, weightedImages(images, null, 0), targets, null);
      expect(relativeError(tf.mean(losses).dataSync(), [reference.loss])).toBeLessThan(accuracy);
      for (const [name, expected] of Object.entries(stacked(reference.gradient))) {
        expect(relativeError(gradient[name].dataSync(), expected.dataSync()), name).toBeLessThan(accuracy);
      }
    });
  });

  it('has 636,020 parameters for MNIST', () => {
    tf.tidy(() => {
      const parameters = gatedClassifier({ inputs: 784, hidden: 400, classes: 10 }).init(randomStream(0, 'init'));
      expect(Object.values(parameters).reduce((sum, { size }) => sum + size, 0)).toBe(636_020);
    });
  });
});
