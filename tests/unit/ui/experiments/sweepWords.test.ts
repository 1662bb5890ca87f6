import { expect, it } from 'vitest';
import { type Left, preparingWords, steadied } from '../../../../src/ui/experiments/sweepWords.ts';

it('says of runs in flight which autoencoders train, and how far they are', () => {
  expect(preparingWords([])).toBeNull();
  expect(preparingWords([{ preparing: null }, { preparing: null }])).toBeNull();
  expect(preparingWords([{ preparing: null }, { preparing: 0.409 }])).toBe('autoencoder, 40%');
  expect(preparingWords([{ preparing: 0 }, { preparing: 1 }])).toBe('autoencoders, 0% and 100%');
});

it('runs down with the clock while the estimates agree', () => {
  let left: Left | null = null;
  for (let now = 0; now <= 40; now++) left = steadied(left, 60 - now, now);
  expect(left).toEqual({ seconds: 20, at: 40 });
});

it('comes over to another estimate without a jump', () => {
  // As it was seen: a minute, then 8 s, then 14 s.
  let left = steadied(null, 60, 0);
  const shown = [8, 14, 13, 12, 11].map((estimate, index) => (left = steadied(left, estimate, index + 1)).seconds);
  const steps = [60, ...shown].slice(1).map((seconds, index) => [60, ...shown][index] - seconds);
  for (const step of steps) expect(step).toBeLessThan(6);
  for (let now = 6; now <= 80; now++) left = steadied(left, 100 - now, now);
  expect(left.seconds).toBeCloseTo(20, 0);
});
