import { expect, it } from 'vitest';
import { confusionOf } from '../../../src/engine/evaluation.ts';

it('counts answers in rows of the true class', () => {
  // A 0 taken for 2, a 0 for 0, two 2s for 1, a 1 for 1.
  expect(Array.from(confusionOf([0, 0, 2, 2, 1], [2, 0, 1, 1, 1], 3))).toEqual([1, 0, 1, 0, 1, 0, 0, 2, 0]);
});
