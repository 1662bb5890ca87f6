import { describe, expect, it } from 'vitest';
import { fillPixels } from '../../../../src/ui/parts/Thumbnail.tsx';

describe('fillPixels', () => {
  it('spreads grey over red, green and blue, opaque', () => {
    const target = new Uint8ClampedArray(8);
    fillPixels(target, Uint8Array.from([9, 9, 1, 2]), 1, [1, 2, 1]);
    expect([...target]).toEqual([1, 1, 1, 255, 2, 2, 2, 255]);
  });

  it('takes RGB as it is', () => {
    const target = new Uint8ClampedArray(8);
    fillPixels(target, Uint8Array.from([1, 2, 3, 4, 5, 6]), 0, [2, 1, 3]);
    expect([...target]).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
  });

  it('averages where it shrinks, and leaves out what is left at the edge', () => {
    const target = new Uint8ClampedArray(8);
    const image = [
      [0, 10, 100, 100, 7],
      [20, 30, 200, 200, 7],
      [7, 7, 7, 7, 7],
    ].flat();
    fillPixels(target, Uint8Array.from([...image.map(() => 0), ...image]), 1, [3, 5, 1], 2);
    expect([...target]).toEqual([15, 15, 15, 255, 150, 150, 150, 255]);
  });
});
