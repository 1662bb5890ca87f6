import { beforeAll, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../../src/core/config.ts';
import { createLearner } from '../../../../src/engine/createLearner.ts';
import { denseLearner } from '../../../../src/engine/dense/denseLearner.ts';
import { itLearnsWhatTheReadableStepLearns } from '../itLearnsWhatTheReadableStepLearns.ts';
import { courseBatches, courseConfig, perceptronInput } from '../perceptronCourse.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

describe.each(testBackends)('the shorter step of a perceptron on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));
  itLearnsWhatTheReadableStepLearns(denseLearner);
});

describe('createLearner', () => {
  beforeAll(() => startTestBackend('cpu'));

  it.each<readonly [RunConfig['method'], boolean, boolean]>([
    ['er-mir', true, false],
    ['fine-tune', true, false],
    ['er-mir', false, true],
    ['gem', true, true],
  ])(
    'of %s, with the layers of a perceptron known: %s, takes the readable step: %s',
    async (method, known, expected) => {
      const input = perceptronInput(courseConfig({ method }));
      const { layers = [], ...unknown } = input.classifier;
      let readableStep = false;
      const forward: typeof unknown.forward = (...given) => {
        readableStep = true;
        return unknown.forward(...given);
      };
      const learner = createLearner({
        ...input,
        classifier: known ? { ...unknown, forward, layers } : { ...unknown, forward },
      });
      const { losses } = await learner.observe(courseBatches(input, 1)[0], null, false);
      losses.dispose();
      learner.dispose();
      expect(readableStep).toBe(expected);
    },
  );
});
