import { expect, it } from 'vitest';
import { Pace } from '../../../src/worker/pace.ts';

it('waits at the start, plays without end, and counts steps', () => {
  const pace = new Pace(null);
  expect([pace.paused, pace.playing]).toEqual([true, false]);
  pace.play();
  for (let i = 0; i < 10_000; i++) pace.stepped();
  expect([pace.paused, pace.playing]).toEqual([false, true]);
  pace.step();
  pace.stepped();
  expect(pace.paused).toBe(true);
  pace.step();
  pace.step();
  pace.stepped();
  expect(pace.paused).toBe(false);
  pace.pause();
  expect(pace.paused).toBe(true);
  pace.stepped();
  expect(pace.paused).toBe(true);
});

it('lets steps begin at the speed asked for, from begin to begin', () => {
  const pace = new Pace(2);
  pace.play();
  expect(pace.nextStepIn(1_000)).toBe(0);
  pace.beginStep(1_000);
  expect(pace.nextStepIn(1_100)).toBe(400);
  expect(pace.nextStepIn(1_700)).toBe(0);
  pace.speed = 10;
  expect(pace.nextStepIn(1_050)).toBe(50);
  pace.speed = null;
  expect(pace.nextStepIn(1_050)).toBe(0);
});

it('does not hold back single steps', () => {
  const pace = new Pace(0.1);
  pace.step();
  pace.beginStep(0);
  pace.step();
  expect(pace.nextStepIn(1)).toBe(0);
});

it('traces every step that a viewer can follow, and otherwise at most eight a second and every third', () => {
  const traced = (pace: Pace, duration = 1) =>
    Array.from({ length: 1_000 }, (_, step) => pace.beginStep(step * duration)).filter(Boolean).length;
  const fast = new Pace(null);
  fast.play();
  expect(traced(fast)).toBe(8);
  const long = new Pace(null);
  long.play();
  expect(traced(long, 1_000)).toBe(334);
  const slow = new Pace(5);
  slow.play();
  expect(traced(slow)).toBe(1_000);
  expect(traced(new Pace(null))).toBe(1_000);
});

it('goes slowly over the steps that are to be watched, and no faster than it is asked to elsewhere', () => {
  const pace = new Pace(null);
  pace.lingersIn = { from: 100, to: 115 };
  pace.play();
  const waits = (step: number) => {
    pace.stepped(step);
    pace.beginStep(1_000);
    return [Math.round(pace.nextStepIn(1_000)), pace.watched];
  };
  expect([99, 100, 114, 115].map(waits)).toEqual([
    [0, false],
    [333, true],
    [333, true],
    [0, false],
  ]);
  pace.speed = 1;
  expect(waits(100)).toEqual([1_000, true]);
  pace.lingersIn = null;
  pace.speed = 50;
  expect(waits(101)).toEqual([20, false]);
});

it('plays to the end of a step, traces that one, and pauses', () => {
  const pace = new Pace(null);
  pace.play(100);
  const traced: number[] = [];
  let step = 0;
  while (!pace.paused) {
    if (pace.beginStep(0)) traced.push(step + 1);
    pace.stepped(++step);
  }
  expect(step).toBe(100);
  expect(traced).toEqual([1, 100]);
  pace.play(100);
  expect(pace.paused).toBe(true);
  pace.play();
  pace.stepped(101);
  expect(pace.playing).toBe(true);
  pace.play(200);
  pace.step();
  pace.stepped(102);
  expect(pace.paused).toBe(true);
});
