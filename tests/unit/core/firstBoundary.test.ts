import { expect, it } from 'vitest';
import { firstBoundary } from '../../../src/core/stream.ts';

/** Tasks of so many steps. */
const tasks = (...steps: number[]) => steps.map((count) => ({ train: { length: 10 * count } }));

it('is watched for fifteen steps, where something stops coming and tasks are long enough', () => {
  expect(firstBoundary(['fine-tune', 'iid-online'], tasks(100, 100, 100))).toEqual({ from: 100, to: 115 });
  expect(firstBoundary(['iid-online'], tasks(100, 100))).toBeNull();
  expect(firstBoundary(['er'], tasks(100))).toBeNull();
  expect(firstBoundary(['er'], tasks(100, 10))).toBeNull();
  expect(firstBoundary(['er'], tasks(10, 100))).toBeNull();
});
