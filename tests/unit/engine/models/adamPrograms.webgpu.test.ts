import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { adamRate, adamStep, initialMoments } from '../../../../src/engine/models/parameters.ts';
import { referenceFile, relativeError, tensorSchema, toTensor } from '../referenceFile.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

describe.runIf(webgpu !== null)('Adam on webgpu', () => {
  it('takes the steps of Adam that PyTorch takes', async () => {
    await tf.setBackend('webgpu');
    const step = z.object({ gradient: tensorSchema, after: tensorSchema });
    const reference = referenceFile(
      'adam',
      z.object({ learningRate: z.number(), before: tensorSchema, steps: z.array(step).min(1) }),
    );
    let parameters: Record<string, tf.Tensor> = { theta: toTensor(reference.before) };
    let moments = initialMoments(parameters);
    for (const [index, { gradient, after }] of reference.steps.entries()) {
      const rate = tf.tensor1d(adamRate(index + 1, reference.learningRate));
      ({ parameters, moments } = adamStep(parameters, { theta: toTensor(gradient) }, moments, rate));
      expect(relativeError(await parameters['theta'].data(), after.data)).toBeLessThan(1e-6);
    }
  });
});
