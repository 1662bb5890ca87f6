import { expect, it } from 'vitest';
import { pathPoints } from '../../../../src/ui/step/stepParts.tsx';

it.each([
  [0, []],
  [1, [0]],
  [4, [0, 1, 2, 3]],
  [5, [0, 1, 2, 3, 4]],
  [6, [0, 1, 3, 4, 5]],
  [11, [0, 3, 5, 8, 10]],
  [51, [0, 13, 25, 38, 50]],
])('of %i points of an ascent shows %j', (count, points) => {
  expect(pathPoints(count)).toEqual(points);
});
