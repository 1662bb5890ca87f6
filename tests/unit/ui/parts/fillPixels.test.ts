import { describe, expect, it } from 'vitest';
import { fillPixels } from '../../../../src/ui/parts/fillPixels.ts';

describe('fillPixels', () => {
  it('takes one grey image out of a series', () => {
    const target = new Uint8ClampedArray(8);
    fillPixels(target, Uint8Array.of(1, 2, 30, 40), 1, 1);
    expect([...target]).toEqual([30, 30, 30, 255, 40, 40, 40, 255]);
  });

  it('keeps red, green and blue apart', () => {
    const target = new Uint8ClampedArray(4);
    fillPixels(target, Uint8Array.of(1, 2, 3, 7, 8, 9), 1, 3);
    expect([...target]).toEqual([7, 8, 9, 255]);
  });
});
