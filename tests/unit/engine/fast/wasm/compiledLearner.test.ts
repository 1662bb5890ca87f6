import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchSize, type RunConfig } from '../../../../../src/core/config.ts';
import { compiledInput } from '../../../../../src/engine/createLearner.ts';
import { compiledLearner } from '../../../../../src/engine/fast/wasm/learner.ts';
import { itLearnsWhatTheReadableStepLearns } from '../../itLearnsWhatTheReadableStepLearns.ts';
import { courseConfig, perceptronInput } from '../../perceptronCourse.ts';
import { startTestBackend } from '../../startTestBackend.ts';

const create = (input: ReturnType<typeof perceptronInput>) =>
  compiledLearner({ ...input, layers: input.classifier.layers ?? [], batchSize });

describe('the compiled step of a perceptron', () => {
  beforeAll(() => startTestBackend('wasm'));
  itLearnsWhatTheReadableStepLearns(create);

  it('starts from the parameters that the classifier draws', () => {
    const input = perceptronInput(courseConfig({ hidden: 7 }));
    const parameters = create(input).parameters();
    expect(Object.entries(parameters).map(([name, values]) => [name, values.length])).toEqual([
      ['0.weight', 36 * 7],
      ['0.bias', 7],
      ['2.weight', 49],
      ['2.bias', 7],
      ['4.weight', 70],
      ['4.bias', 10],
    ]);
    // Nobody's weights leave a bound of 1/√fan_in, and no two are alike.
    expect(Math.max(...parameters['0.weight'].map(Math.abs))).toBeLessThanOrEqual(1 / 6);
    expect(new Set(parameters['0.weight']).size).toBeGreaterThan(240);
  });
});

describe('compiledInput', () => {
  it.each<readonly [string, 'wasm' | 'cpu', Partial<RunConfig>, boolean]>([
    ['ER-MIR on wasm', 'wasm', {}, true],
    ['the i.i.d. bound on wasm', 'wasm', { method: 'iid-online' }, true],
    ['ER-MIR on cpu', 'cpu', {}, false],
    ['GEM', 'wasm', { method: 'gem' }, false],
  ])('takes a perceptron of a method that it knows, on wasm: %s', async (_, backend, change, expected) => {
    await startTestBackend(backend);
    const input = perceptronInput(courseConfig(change));
    expect(compiledInput(input) !== null).toBe(expected);
    expect(tf.getBackend()).toBe(backend);
  });

  it('does not take one without the training images as bytes, nor another network', async () => {
    await startTestBackend('wasm');
    const { training, ...without } = perceptronInput(courseConfig({}));
    expect(compiledInput(without)).toBeNull();
    const { layers, ...unknown } = without.classifier;
    expect(layers).toEqual([36, 16, 16, 10]);
    expect(compiledInput({ ...without, training, classifier: unknown })).toBeNull();
  });
});
