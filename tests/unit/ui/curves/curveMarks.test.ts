import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changeMarks,
  natTicks,
  percentTicks,
  percentTop,
  stepTicks,
  zoomTicks,
  taskRanges,
} from '../../../../src/ui/curves/curveRows.ts';

describe('changeMarks', () => {
  it('names the lane and its new retrieval, and joins changes at one step', () => {
    expect(
      changeMarks([
        { lane: 1, step: 170, retrieval: 'mir' },
        { lane: 0, step: 200, retrieval: 'mir' },
        { lane: 1, step: 200, retrieval: 'random' },
      ]),
    ).toEqual([
      { step: 170, label: 'B → MIR' },
      { step: 200, label: 'A → MIR, B → Random' },
    ]);
  });
});

describe('taskRanges', () => {
  it('lines the tasks up one after another', () => {
    const task = { classes: [], trainingImages: 0, testImages: 0 };
    expect(
      taskRanges([
        { ...task, number: 1, steps: 100 },
        { ...task, number: 2, steps: 40 },
      ]),
    ).toEqual([
      { number: 1, start: 0, end: 100 },
      { number: 2, start: 100, end: 140 },
    ]);
  });
});

describe('zoomTicks', () => {
  it('gives round steps around a boundary, at most a handful', () => {
    expect(zoomTicks(-10, 15)).toEqual([-10, -5, 0, 5, 10, 15]);
    expect(zoomTicks(-10, 30)).toEqual([-10, 0, 10, 20, 30]);
    expect(zoomTicks(-10, 310)).toEqual([0, 60, 120, 180, 240, 300]);
    expect(zoomTicks(-10, 1_010).length).toBeLessThan(8);
  });
});

describe('stepTicks', () => {
  it('has round numbers and both ends', () => {
    expect(stepTicks(500)).toEqual([0, 100, 200, 300, 400, 500]);
    expect(stepTicks(150)).toEqual([0, 50, 100, 150]);
    expect(stepTicks(0)).toEqual([0]);
  });

  it('has two to seven rising ticks for any length of run', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (steps) => {
        const ticks = stepTicks(steps);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBe(steps);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect(new Set(ticks).size).toBe(ticks.length);
        expect(ticks).toEqual([...ticks].sort((one, other) => one - other));
      }),
    );
  });
});

describe('percentTop', () => {
  it('leaves the highest value inside the axis', () => {
    expect([0, 18.9, 19.1, 52, 77, 100].map(percentTop)).toEqual([20, 20, 40, 60, 100, 100]);
    expect(percentTicks(60)).toEqual([0, 15, 30, 45, 60]);
  });
});

describe('natTicks', () => {
  it('are few, round, evenly apart, and hold every value', () => {
    expect(natTicks([])).toEqual([0, 50, 100, 150, 200]);
    expect(natTicks([102.3, 184])).toEqual([100, 125, 150, 175, 200]);
    expect(natTicks([110])).toEqual([110, 115]);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 1 }), (values) => {
        const ticks = natTicks(values);
        expect(ticks.length).toBeGreaterThan(1);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks[0]).toBeLessThanOrEqual(Math.min(...values));
        expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(Math.max(...values));
      }),
    );
  });
});
