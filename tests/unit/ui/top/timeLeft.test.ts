import { expect, it } from 'vitest';
import { noRate, rateAfter, timeLeft } from '../../../../src/ui/top/RunStatus.tsx';

it.each([
  [50, 0, null],
  [49, 0, '≈ 10 s left'],
  [10, 0, '≈ 50 s left'],
  [10, 480, '< 5 s left'],
  [10, 500, null],
  [7, 0, '≈ 1 min left'],
  [1, 0, '≈ 8 min left'],
  [0.1, 0, '≈ 1.4 h left'],
])('a run of 500 steps at %d a second, at step %d: %s', (perSecond, step, words) => {
  expect(timeLeft({ perSecond }, step, 500)).toBe(words);
});

it('follows the speed without jumps, and ignores moments in which no step is taken', () => {
  const first = rateAfter(noRate, 10);
  expect(first.perSecond).toBe(10);
  expect(rateAfter(first, 0)).toEqual(first);
  // A single slow measurement moves the time that a step takes by a part of its own.
  expect(rateAfter(first, 1).perSecond).toBeCloseTo(1 / (0.85 * 0.1 + 0.15 * 1), 9);
  const settled = Array.from({ length: 40 }).reduce<typeof first>((rate) => rateAfter(rate, 2), first);
  expect(settled.perSecond).toBeCloseTo(2, 1);
});
