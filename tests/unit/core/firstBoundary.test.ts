import { expect, it } from 'vitest';
import { firstBoundary } from '../../../src/core/firstBoundary.ts';

it('is watched for fifteen steps, where something stops coming and tasks are long enough', () => {
  expect(firstBoundary(['fine-tune', 'iid-online'], [100, 100, 100])).toEqual({ from: 100, to: 115 });
  expect(firstBoundary(['iid-online'], [100, 100])).toBeNull();
  expect(firstBoundary(['er'], [100])).toBeNull();
  expect(firstBoundary(['er'], [100, 10])).toBeNull();
  expect(firstBoundary(['er'], [10, 100])).toBeNull();
});
