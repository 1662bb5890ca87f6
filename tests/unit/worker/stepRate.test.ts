import { expect, it } from 'vitest';
import { StepRate } from '../../../src/worker/pace.ts';

it('is 0 until two steps have been taken', () => {
  const rate = new StepRate();
  expect(rate.perSecond).toBe(0);
  rate.count(100);
  expect(rate.perSecond).toBe(0);
  rate.count(100);
  expect(rate.perSecond).toBe(0);
  rate.count(350);
  expect(rate.perSecond).toBe(8);
});

it('follows the last second', () => {
  const rate = new StepRate();
  for (let ms = 0; ms <= 2_000; ms += 100) rate.count(ms);
  expect(rate.perSecond).toBeCloseTo(10, 6);
  for (let ms = 2_010; ms <= 3_100; ms += 10) rate.count(ms);
  expect(rate.perSecond).toBeCloseTo(100, 6);
});

it('keeps two steps that are further apart than a second', () => {
  const rate = new StepRate();
  rate.count(0);
  rate.count(4_000);
  expect(rate.perSecond).toBe(0.25);
});

it('forgets a pause', () => {
  const rate = new StepRate();
  rate.count(0);
  rate.count(100);
  rate.restart();
  rate.count(90_000);
  rate.count(90_100);
  expect(rate.perSecond).toBe(10);
});
