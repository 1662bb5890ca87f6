/** Why a picture of the viewer's cannot be used, as a sentence for the page. */
export class PictureError extends Error {}

/** The largest file that is opened, in bytes. */
const largestFile = 50_000_000;

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
  [side]: readonly [number, number, number],
): Uint8Array<ArrayBuffer> {
  const square = Math.min(width, height);
  const kept = Math.max(1, Math.min(square, detail * side));
  const canvas = document.createElement('canvas');
  canvas.width = kept;
  canvas.height = kept;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null)
    throw new PictureError('The browser gives no canvas to draw the picture on. Close other pages, and try again.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, (width - square) / 2, (height - square) / 2, square, square, 0, 0, kept, kept);
  return shrunk(context.getImageData(0, 0, kept, kept), side);
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
  const other = 'Choose a PNG, JPEG, WebP or GIF file.';
  if (file.size > largestFile)
    throw new PictureError(
      `${file.name} has ${Math.round(file.size / 1e6)} MB; at most ${largestFile / 1e6} MB are opened. ${other}`,
    );
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) throw new PictureError(`${file.name} could not be read as a picture. ${other}`);
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
    throw new PictureError(
      refused
        ? 'The camera may not be used on this page. Allow it in the browser’s settings of this page, or choose a file.'
        : 'No camera could be opened. Connect one, or choose a file.',
    );
  }
}
