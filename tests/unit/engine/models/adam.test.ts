import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { adamStep, disposeMoments, initialMoments } from '../../../../src/engine/models/adam.ts';
import { tidy } from '../../../../src/engine/tidy.ts';
import { referenceFile, relativeError, tensorSchema, toTensor } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const reference = referenceFile(
  'adam',
  z.object({ learningRate: z.number(), before: tensorSchema, steps: z.array(z.object({ gradient: tensorSchema, after: tensorSchema })) }),
);

describe.each(testBackends)('adam on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it("takes PyTorch's steps", async () => {
    const before = tf.memory().numTensors;
    let state = tidy(() => {
      const parameters = { theta: toTensor(reference.before) };
      return { parameters, moments: initialMoments(parameters) };
    });
    for (const { gradient, after } of reference.steps) {
      const next = tidy(() => adamStep(state.parameters, { theta: toTensor(gradient) }, state.moments, reference.learningRate));
      tf.dispose(state.parameters);
      disposeMoments(state.moments);
      state = next as typeof state;
      const moved = Array.from(await state.parameters.theta.data());
      expect(relativeError(moved, after.data)).toBeLessThan(1e-6);
    }
    tf.dispose(state.parameters);
    disposeMoments(state.moments);
    expect(tf.memory().numTensors).toBe(before);
  });
});
