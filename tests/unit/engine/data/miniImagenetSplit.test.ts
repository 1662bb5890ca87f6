import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { miniImagenetShape, splitClass } from '../../../../src/engine/data/miniImagenet.ts';

describe('splitClass', () => {
  it('gives a whole class 480 images to train and 120 to test on, each image once', () => {
    const { train, test } = splitClass(7, 600, miniImagenetShape);
    expect([train.length, test.length]).toEqual([480, 120]);
    expect([...train, ...test].sort((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, row) => row));
    expect([...train]).toEqual([...train].sort((a, b) => a - b));
  });

  it('is the same each time, and another one for another class', () => {
    expect(splitClass(7, 600, miniImagenetShape)).toEqual(splitClass(7, 600, miniImagenetShape));
    expect(splitClass(7, 600, miniImagenetShape)).not.toEqual(splitClass(8, 600, miniImagenetShape));
  });

  it('is a mixture, not the first and the last rows', () => {
    const { test } = splitClass(0, 600, miniImagenetShape);
    const early = test.filter((row) => row < 300).length;
    expect(early).toBeGreaterThan(35);
    expect(early).toBeLessThan(85);
  });

  it('shrinks both halves alike where there are fewer rows, and uses no more than 600', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(1_400), (label, rows) => {
        const { train, test } = splitClass(label, rows, miniImagenetShape);
        const used = Math.min(rows, 600);
        expect(train.length + test.length).toBe(used);
        expect(new Set([...train, ...test]).size).toBe(used);
        expect(Math.abs(test.length - used / 5)).toBeLessThanOrEqual(used < 5 ? 1 : 0.5);
        if (rows >= 2) expect(Math.min(train.length, test.length)).toBeGreaterThan(0);
      }),
    );
  });
});
