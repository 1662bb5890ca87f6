import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { adamRate, adamStep, initialMoments } from '../../../../src/engine/models/parameters.ts';
import { referenceFile, relativeError, tensorSchema, toTensor } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const reference = referenceFile(
  'adam',
  z.object({
    learningRate: z.number(),
    before: tensorSchema,
    steps: z.array(z.object({ gradient: tensorSchema, after: tensorSchema })).min(1),
  }),
);

describe.each(testBackends)('Adam on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('agrees with PyTorch step after step, in how far each parameter has moved', () => {
    tf.tidy(() => {
      let parameters: Record<string, tf.Tensor> = { theta: toTensor(reference.before) };
      let moments = initialMoments(parameters);
      for (const [index, { gradient, after }] of reference.steps.entries()) {
        ({ parameters, moments } = adamStep(
          parameters,
          { theta: toTensor(gradient) },
          moments,
          tf.tensor1d(adamRate(index + 1, reference.learningRate)),
        ));
        expect(relativeError(parameters['theta'].dataSync(), after.data)).toBeLessThan(1e-6);
        const moved = tf.sub(parameters['theta'], toTensor(reference.before)).dataSync();
        expect(
          relativeError(
            moved,
            after.data.map((value, at) => value - reference.before.data[at]),
          ),
        ).toBeLessThan(1e-3);
      }
    });
  });
});
