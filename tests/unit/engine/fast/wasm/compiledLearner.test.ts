import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../../../src/core/config.ts';
import { fastForm } from '../../../../../src/engine/createLearner.ts';
import { perceptron } from '../../../../../src/engine/fast/perceptron.ts';
import { CompiledForm } from '../../../../../src/engine/fast/wasm/form.ts';
import { itLearnsWhatTheReadableStepLearns } from '../../itLearnsWhatTheReadableStepLearns.ts';
import { courseConfig, perceptronInput } from '../../perceptronCourse.ts';
import { startTestBackend } from '../../startTestBackend.ts';

describe('the compiled step of a perceptron', () => {
  beforeAll(() => startTestBackend('wasm'));
  itLearnsWhatTheReadableStepLearns((input) =>
    perceptron(
      input,
      (settings) => new CompiledForm({ ...settings, training: input.training, layers: input.classifier.layers ?? [] }),
    ),
  );
});

describe('fastForm', () => {
  it.each<readonly [string, 'wasm' | 'cpu', Partial<RunConfig>, boolean]>([
    ['ER-MIR on wasm', 'wasm', {}, true],
    ['the i.i.d. bound on wasm', 'wasm', { method: 'iid-online' }, true],
    ['ER-MIR on cpu', 'cpu', {}, false],
    ['GEM', 'wasm', { method: 'gem' }, false],
  ])('takes a perceptron of a method that it knows, on wasm: %s', async (_, backend, change, expected) => {
    await startTestBackend(backend);
    const input = perceptronInput(courseConfig(change));
    expect(fastForm(input) !== null).toBe(expected);
    expect(tf.getBackend()).toBe(backend);
  });

  it('does not take one without the training images as bytes, nor another network', async () => {
    await startTestBackend('wasm');
    const { training, ...without } = perceptronInput(courseConfig({}));
    expect(fastForm(without)).toBeNull();
    const { layers, ...unknown } = without.classifier;
    expect(layers).toEqual([36, 16, 16, 10]);
    expect(fastForm({ ...without, training, classifier: unknown })).toBeNull();
  });
});
