import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodedImage, squareImage } from '../../../../src/engine/data/squareImage.ts';

/** A picture of which each pixel is given by its place. */
function picture(width: number, height: number, pixel: (x: number, y: number) => readonly number[]): DecodedImage {
  const values = Array.from({ length: width * height }, (_, i) => pixel(i % width, Math.floor(i / width))).flat();
  return { width, height, channels: values.length === 4 * width * height ? 4 : 3, data: Uint8Array.from(values) };
}
const grey = (value: number) => [value, value, value];

describe('squareImage', () => {
  it('leaves a picture of the right size as it is', () => {
    const image = picture(5, 5, (x, y) => [x * 50, y * 50, 7]);
    expect([...squareImage(image, 5)]).toEqual([...image.data]);
  });

  it('keeps a plain colour, whatever the size', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 20 }), (width, height, output) => {
        const square = squareImage(
          picture(width, height, () => [10, 128, 255]),
          output,
        );
        expect([...square]).toEqual(Array.from({ length: output * output }, () => [10, 128, 255]).flat());
      }),
      { numRuns: 60 },
    );
  });

  it('cuts the middle out of a wide and of a tall picture', () => {
    const wide = squareImage(
      picture(7, 3, (x, y) => [x * 10, y, 0]),
      3,
    );
    expect([...wide]).toEqual([0, 1, 2].flatMap((y) => [20, 30, 40].flatMap((x) => [x, y, 0])));
    const tall = squareImage(
      picture(3, 7, (x, y) => [x, y * 10, 0]),
      3,
    );
    expect([...tall]).toEqual([20, 30, 40].flatMap((y) => [0, 1, 2].flatMap((x) => [x, y, 0])));
  });

  it('weighs the neighbours by their distance: numbers worked out by hand', () => {
    // Four columns to two: the filter reaches 2 pixels to each side of the centres 1 and 3. For the first, the
    // pixels at 0.5, 1.5, 2.5 weigh 0.75, 0.75, 0.25; so (0 · 0.75 + 80 · 0.75 + 160 · 0.25) / 1.75.
    const row = [0, 80, 160, 240];
    const square = squareImage(
      picture(4, 4, (x) => grey(row[x])),
      2,
    );
    expect(square[0]).toBe(Math.round((80 * 0.75 + 160 * 0.25) / 1.75));
    expect(square[3]).toBe(Math.round((80 * 0.25 + 160 * 0.75 + 240 * 0.75) / 1.75));
    // Two columns to four: between the centres of two pixels values change in a straight line.
    const grown = squareImage(
      picture(2, 2, (x) => grey(x * 100)),
      4,
    );
    expect([grown[0], grown[3], grown[6], grown[9]]).toEqual([0, 25, 75, 100]);
  });

  it('makes transparent parts black', () => {
    const square = squareImage(
      picture(2, 2, (x) => [200, 100, 50, x === 0 ? 255 : 0]),
      2,
    );
    expect([...square]).toEqual([200, 100, 50, 0, 0, 0, 200, 100, 50, 0, 0, 0]);
  });

  it('keeps the mean of a picture that shrinks evenly', () => {
    const noise = picture(168, 168, (x, y) => grey((x * 73 + y * 151) % 256));
    const mean = (values: Iterable<number>) => {
      const all = [...values];
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    };
    expect(mean(squareImage(noise, 84))).toBeCloseTo(mean(noise.data), 0);
  });
});
