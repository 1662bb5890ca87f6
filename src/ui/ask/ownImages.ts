import { number } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';

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

/** Why a picture of the viewer's cannot be used, as a sentence for the page. */
export class PictureError extends Error {}

/** The largest file that is opened, in bytes. */
const largestFile = 50_000_000;
/** Decoded, such a picture takes 400 MB; a file of 30 KB may hold several times as much. */
const mostPixels = 100_000_000;

/** Pixels of a picture: RGBA, row by row. */
interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/**
 * A square picture shrunk to `side` × `side`: each pixel is the mean of the area that it covers, with parts of pixels
 * at the edges. What is transparent counts as white.
 *
 * @returns RGB, row by row
 */
export function shrunk({ data, width, height }: Pixels, side: number): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const sums = [0, 0, 0];
      let area = 0;
      for (const [y, rowShare] of covered(row, height / side, height)) {
        for (const [x, columnShare] of covered(column, width / side, width)) {
          const share = rowShare * columnShare;
          const at = 4 * (y * width + x);
          const opaque = data[at + 3] / 255;
          for (let colour = 0; colour < 3; colour++)
            sums[colour] += share * (opaque * data[at + colour] + (1 - opaque) * 255);
          area += share;
        }
      }
      sums.forEach((sum, colour) => {
        image[3 * (row * side + column) + colour] = Math.round(sum / area);
      });
    }
  }
  return image;
}

/**
 * A picture in grey, light on dark, as Fashion-MNIST and KMNIST are: turned into its negative where its edge is light.
 *
 * @param image RGB, `side` × `side`
 * @returns one byte a pixel
 */
export function lightOnDark(image: Uint8Array, side: number): Uint8Array<ArrayBuffer> {
  const grey = Uint8Array.from({ length: side * side }, (_, at) =>
    Math.round(0.299 * image[3 * at] + 0.587 * image[3 * at + 1] + 0.114 * image[3 * at + 2]),
  );
  const edge = grey.filter((_, at) => {
    const [row, column] = [Math.floor(at / side), at % side];
    return row === 0 || column === 0 || row === side - 1 || column === side - 1;
  });
  const isLight = edge.reduce((sum, value) => sum + value, 0) > 127.5 * edge.length;
  return isLight ? grey.map((value) => 255 - value) : grey;
}

/** The pixels of a line that one larger pixel covers, with the share of each. */
function* covered(place: number, step: number, length: number): Generator<readonly [number, number]> {
  const [from, to] = [place * step, (place + 1) * step];
  for (let pixel = Math.floor(from); pixel < Math.min(length, Math.ceil(to)); pixel++)
    yield [pixel, Math.min(pixel + 1, to) - Math.max(pixel, from)];
}

/** How many times its side a picture is kept while the browser brings it to a square. */
const detail = 8;

/** The largest square in the middle of a picture, as an image of the dataset. */
function squareOf(
  source: CanvasImageSource,
  width: number,
  height: number,
  [side, , channels]: readonly [number, number, number],
): Uint8Array<ArrayBuffer> {
  const square = Math.min(width, height);
  const kept = Math.max(1, Math.min(square, detail * side));
  const canvas = document.createElement('canvas');
  canvas.width = kept;
  canvas.height = kept;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new PictureError(say('ask.noCanvas'));
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, (width - square) / 2, (height - square) / 2, square, square, 0, 0, kept, kept);
  const image = shrunk(context.getImageData(0, 0, kept, kept), side);
  return channels === 1 ? lightOnDark(image, side) : image;
}

/**
 * Width and height of a picture, of any kind that the browser knows, without decoding it: an element is decoded when it is
 * drawn. Zeros where it is no picture.
 */
async function sizeOfPicture(file: File): Promise<readonly [width: number, height: number]> {
  const url = URL.createObjectURL(file);
  try {
    const element = new Image();
    await new Promise((resolve) => {
      element.onload = resolve;
      element.onerror = resolve;
      element.src = url;
    });
    return [element.naturalWidth, element.naturalHeight];
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * A picture file, cropped to the square in its middle and scaled to the dataset's images.
 *
 * @throws PictureError if it is too large or no picture
 */
export async function pictureOfFile(
  file: File,
  shape: readonly [number, number, number],
): Promise<Uint8Array<ArrayBuffer>> {
  if (file.size > largestFile)
    throw new PictureError(
      say('ask.tooLarge', { name: file.name, size: Math.round(file.size / 1e6), most: largestFile / 1e6 }),
    );
  const [width, height] = await sizeOfPicture(file);
  if (width * height > mostPixels)
    throw new PictureError(
      say('ask.tooManyPixels', {
        name: file.name,
        width: number(width),
        height: number(height),
        most: mostPixels / 1e6,
      }),
    );
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) throw new PictureError(say('ask.noPicture', { name: file.name }));
  try {
    return squareOf(bitmap, bitmap.width, bitmap.height, shape);
  } finally {
    bitmap.close();
  }
}

/** What a camera shows now, in the same way. */
export function pictureOfCamera(
  video: HTMLVideoElement,
  shape: readonly [number, number, number],
): Uint8Array<ArrayBuffer> {
  return squareOf(video, video.videoWidth, video.videoHeight, shape);
}

/** Whether the browser lets this page ask for a camera. */
export function hasCamera(): boolean {
  return 'mediaDevices' in navigator;
}

/**
 * Asks for the camera.
 *
 * @throws PictureError if there is none, or if it may not be used
 */
export async function openCamera(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (error) {
    const refused = error instanceof DOMException && error.name === 'NotAllowedError';
    throw new PictureError(refused ? say('ask.cameraRefused') : say('ask.noCamera'));
  }
}
