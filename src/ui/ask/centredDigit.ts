/** A place on the drawing area. Units do not matter: the digit is scaled. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The places that the pen went through without being lifted; one place is a dot. */
export type Stroke = readonly Point[];

/** The side of an image of MNIST, and of the box into which its digits are fitted, in pixels. */
const side = 28;
const box = 20;
/**
 * How thick the pen writes on the image, in pixels: with 2.5 a digit has about as much ink as MNIST's have, 104 pixels'
 * worth on average.
 */
const pen = 2.5;

/**
 * Strokes as an image of MNIST is made of what people wrote (http://yann.lecun.com/exdb/mnist): fitted into 20 × 20
 * pixels at their own proportions, drawn in grey where the pen covers a pixel in part, and moved by whole pixels so that
 * the centre of mass comes to the middle of 28 × 28. Strokes that would leave the image by that go only as far as its
 * edge.
 *
 * @returns 784 bytes, row by row, 0 for no ink; null where there is no stroke
 */
export function centredDigit(strokes: readonly Stroke[]): Uint8Array<ArrayBuffer> | null {
  const points = strokes.flat();
  if (points.length === 0) return null;
  const left = Math.min(...points.map(({ x }) => x));
  const top = Math.min(...points.map(({ y }) => y));
  const longer = Math.max(...points.map(({ x, y }) => Math.max(x - left, y - top)));
  const scale = longer === 0 ? 1 : (box - pen) / longer;
  const fitted = strokes.map((stroke) =>
    stroke.map(({ x, y }) => ({ x: pen / 2 + (x - left) * scale, y: pen / 2 + (y - top) * scale })),
  );

  const ink = Array.from({ length: box * box }, (_, place) => {
    const distance = distanceTo(fitted, { x: (place % box) + 0.5, y: Math.floor(place / box) + 0.5 });
    return Math.min(1, Math.max(0, pen / 2 + 0.5 - distance));
  });
  const right = shift(ink, (place) => place % box);
  const down = shift(ink, (place) => Math.floor(place / box));
  const image = new Uint8Array(side * side);
  ink.forEach((covered, place) => {
    if (covered > 0) image[(Math.floor(place / box) + down) * side + (place % box) + right] = Math.round(255 * covered);
  });
  return image;
}

/**
 * By how many whole pixels ink moves in one direction, so that its centre of mass, counted from pixel 0, comes nearest
 * to pixel 14, as MNIST's are; no farther than to the edge.
 *
 * @param at where a place lies in that direction
 */
function shift(ink: readonly number[], at: (place: number) => number): number {
  let [mass, moment, last] = [0, 0, 0];
  ink.forEach((covered, place) => {
    mass += covered;
    moment += covered * at(place);
    if (covered > 0) last = Math.max(last, at(place));
  });
  return Math.min(side - 1 - last, Math.max(0, Math.round(side / 2 - moment / mass)));
}

/** The distance from a point to the nearest stroke. */
function distanceTo(strokes: readonly Stroke[], point: Point): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const stroke of strokes)
    stroke.forEach((end, index) => {
      nearest = Math.min(nearest, distanceToLine(point, stroke[Math.max(0, index - 1)], end));
    });
  return nearest;
}

function distanceToLine(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / squared;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
}
