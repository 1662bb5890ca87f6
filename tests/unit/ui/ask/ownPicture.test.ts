import { describe, expect, it } from 'vitest';
import { lightOnDark, shrunk } from '../../../../src/ui/ask/ownImages.ts';

/** Grey pixels of a square picture, opaque. */
const grey = (values: readonly number[], width: number) => ({
  data: Uint8ClampedArray.from(values.flatMap((value) => [value, value, value, 255])),
  width,
  height: values.length / width,
});

describe('shrunk', () => {
  it('takes the mean of whole blocks', () => {
    const image = shrunk(grey([0, 20, 100, 100, 40, 60, 100, 100, 1, 2, 7, 7, 3, 4, 7, 7], 4), 2);
    expect(Array.from(image)).toEqual([30, 30, 30, 100, 100, 100, 3, 3, 3, 7, 7, 7]);
  });

  it('shares pixels at the edges of a block', () => {
    // Three columns to two: each takes one and a half.
    const image = shrunk(grey([0, 90, 30, 0, 90, 30, 0, 90, 30], 3), 2);
    const [left, right] = [(0 + 0.5 * 90) / 1.5, (30 + 0.5 * 90) / 1.5];
    expect(Array.from(image).filter((_, index) => index % 3 === 0)).toEqual([left, right, left, right]);
  });

  it('enlarges by repeating, keeps colours apart, and takes what is transparent for white', () => {
    const data = Uint8ClampedArray.of(200, 10, 0, 255, 0, 0, 0, 0, 50, 50, 50, 255, 0, 0, 255, 255);
    const image = shrunk({ data, width: 2, height: 2 }, 4);
    const pixel = (row: number, column: number) =>
      Array.from(image.subarray(3 * (4 * row + column), 3 * (4 * row + column) + 3));
    expect(pixel(0, 0)).toEqual([200, 10, 0]);
    expect(pixel(1, 1)).toEqual([200, 10, 0]);
    expect(pixel(0, 3)).toEqual([255, 255, 255]);
    expect(pixel(3, 3)).toEqual([0, 0, 255]);
  });
});

describe('lightOnDark', () => {
  /** A square of one grey with a dot of another in the middle, in RGB. */
  const square = (edge: number, middle: number) =>
    Uint8Array.from({ length: 27 }, (_, index) => (Math.floor(index / 3) === 4 ? middle : edge));

  it('is the negative of a picture with a light edge, and a dark one as it is', () => {
    expect([...lightOnDark(square(250, 40), 3)]).toEqual([5, 5, 5, 5, 215, 5, 5, 5, 5]);
    expect([...lightOnDark(square(10, 200), 3)]).toEqual([10, 10, 10, 10, 200, 10, 10, 10, 10]);
  });

  it('takes colours for the grey that they look like', () => {
    const image = square(0, 0);
    image.set([255, 0, 0], 12);
    expect(lightOnDark(image, 3)[4]).toBe(76);
  });
});
