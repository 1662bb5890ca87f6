import { describe, expect, it } from 'vitest';
import { readMnist } from '../../../../src/cli/data/readDataset.ts';
import { centredDigit, type Stroke } from '../../../../src/ui/ask/ownImages.ts';

/** The extent of the ink and the centre of mass, in pixels counted from 0, of an image of 28 × 28. */
function measure(pixels: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly ink: number;
} {
  const inked = Array.from(pixels.keys()).filter((place) => pixels[place] > 0);
  const extent = (values: readonly number[]) => Math.max(...values) - Math.min(...values) + 1;
  const ink = inked.reduce((sum, place) => sum + pixels[place], 0);
  const centre = (of: (place: number) => number) =>
    inked.reduce((sum, place) => sum + pixels[place] * of(place), 0) / ink;
  const [column, row] = [(place: number) => place % 28, (place: number) => Math.floor(place / 28)];
  return {
    width: extent(inked.map(column)),
    height: extent(inked.map(row)),
    x: centre(column),
    y: centre(row),
    ink: ink / 255,
  };
}

const circle = (cx: number, cy: number, rx: number, ry: number, turns = 1): Stroke =>
  Array.from({ length: 41 }, (_, index) => {
    const angle = (2 * Math.PI * turns * index) / 40;
    return { x: cx + rx * Math.sin(angle), y: cy - ry * Math.cos(angle) };
  });
const line = (...places: readonly (readonly [number, number])[]): Stroke => places.map(([x, y]) => ({ x, y }));

const digits: readonly (readonly [string, readonly Stroke[]])[] = [
  ['0', [circle(150, 140, 60, 100)]],
  ['1', [line([100, 40], [95, 240])]],
  ['4', [line([80, 30], [60, 140], [190, 140]), line([160, 20], [150, 270])]],
  ['7', [line([40, 60], [200, 60], [110, 250])]],
  ['8', [circle(100, 80, 40, 50), circle(100, 190, 55, 60)]],
  ['a wide one', [line([10, 100], [270, 130])]],
  ['a small one in a corner', [circle(20, 20, 6, 9)]],
];

describe('MNIST’s own images', async () => {
  const { test } = await readMnist();
  const sample = Array.from({ length: 1_000 }, (_, index) =>
    measure(test.pixels.subarray(index * 784, (index + 1) * 784)),
  );

  it('have the properties that drawn digits are given', () => {
    for (const { width, height, x, y } of sample) {
      expect(Math.max(width, height)).toBe(20);
      expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.5);
      expect(Math.abs(y - 14)).toBeLessThanOrEqual(0.5);
    }
  });

  it.each(digits)('are matched by a drawn %s', (_, strokes) => {
    const { width, height, x, y, ink } = measure(centredDigit(strokes) ?? new Uint8Array());
    expect(Math.max(width, height)).toBe(20);
    expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y - 14)).toBeLessThanOrEqual(0.5);
    const known = sample.map((image) => image.ink);
    expect(ink).toBeGreaterThan(Math.min(...known));
    expect(ink).toBeLessThan(Math.max(...known));
  });
});

describe('centredDigit', () => {
  it('draws nothing of nothing', () => {
    expect(centredDigit([])).toBeNull();
    expect(centredDigit([[]])).toBeNull();
  });

  it('draws an upright line as three columns, half-covered at both sides', () => {
    const image = centredDigit([line([5, 0], [5, 1])]) ?? new Uint8Array();
    const { width, height } = measure(image);
    expect([width, height]).toEqual([3, 20]);
    // The pen is 2.5 pixels wide and begins at the edge of a pixel: the first two columns are covered, and of the third half.
    const row = Array.from(image.subarray(14 * 28, 15 * 28));
    expect(row.filter((value) => value > 0)).toEqual([255, 255, 128]);
    expect(row.indexOf(255)).toBe(13);
    // The centre of 20 rows lies between two; 4.5 rows up is rounded up.
    const rows = Array.from({ length: 28 }, (_, y) => image.subarray(28 * y, 28 * y + 28).some((value) => value > 0));
    expect([rows.indexOf(true), rows.lastIndexOf(true)]).toEqual([5, 24]);
  });

  it('draws a dot in the middle', () => {
    const { width, height, x, y } = measure(centredDigit([line([200, 3])]) ?? new Uint8Array());
    expect([width, height]).toEqual([3, 3]);
    expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.5);
    expect(Math.abs(y - 14)).toBeLessThanOrEqual(0.5);
  });

  it('gives the same for the same digit drawn elsewhere and at another size', () => {
    const [, strokes] = digits[2];
    const moved = strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: 40 + x / 4, y: 70 + y / 4 })));
    expect(centredDigit(moved)).toEqual(centredDigit(strokes));
  });

  it('stops at the edge where the centre of mass lies far to one side', () => {
    // A broad scribble over a thin tail.
    const scribble = Array.from({ length: 13 }, (_, index) => [index % 2 === 0 ? 0 : 20, index / 3] as const);
    const image = centredDigit([line(...scribble), line([10, 4], [10, 20])]) ?? new Uint8Array();
    const { height, y } = measure(image);
    expect(height).toBe(20);
    expect(y).toBeLessThan(13.5);
    expect(Array.from(image.subarray(27 * 28)).some((value) => value > 0)).toBe(true);
  });
});
