import { parentPort } from 'node:worker_threads';
import { convertIndexedToRgb, decode as decodePng, hasPngSignature } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import {
  checkPictureSize,
  squareImage,
  jpegOrientation,
  upright,
  type DecodedImage,
} from '../../engine/data/squareImage.ts';

/** Grey values as red, green and blue; alpha, if it is there, stays. */
function greyToColour(data: Uint8Array, channels: 1 | 2): Uint8Array {
  const pixels = data.length / channels;
  const colour = new Uint8Array(pixels * (channels + 2));
  for (let pixel = 0; pixel < pixels; pixel++) {
    colour.fill(data[pixel * channels], pixel * (channels + 2), pixel * (channels + 2) + 3);
    if (channels === 2) colour[pixel * 4 + 3] = data[pixel * 2 + 1];
  }
  return colour;
}

function fromPng(bytes: Uint8Array): DecodedImage {
  const picture = decodePng(bytes, { checkCrc: true });
  const { width, height, depth, data, channels } = picture;
  if (picture.palette) {
    const channels = picture.palette[0].length === 4 ? 4 : 3;
    return { width, height, channels, data: convertIndexedToRgb(picture) };
  }
  if (depth < 8) throw new RangeError(`The picture has ${depth} bits per value; 8 or 16 are expected.`);
  const eightBits = depth === 16 ? Uint8Array.from(data, (value) => value >> 8) : Uint8Array.from(data);
  if (channels === 3 || channels === 4) return { width, height, channels, data: eightBits };
  return { width, height, channels: channels === 1 ? 3 : 4, data: greyToColour(eightBits, channels === 1 ? 1 : 2) };
}

/**
 * Decodes a JPEG or PNG picture, and sets a JPEG upright as its EXIF says, as browsers do.
 *
 * @throws Error if it is neither, damaged, or larger than 100 megapixels
 */
export function decodeImage(bytes: Uint8Array): DecodedImage {
  checkPictureSize(bytes);
  if (hasPngSignature(bytes)) return fromPng(bytes);
  const { width, height, data } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
  });
  return upright({ width, height, channels: 3, data }, jpegOrientation(bytes));
}

/** A picture to make a square of. */
export interface SquareRequest {
  readonly job: number;
  readonly bytes: Uint8Array;
  readonly side: number;
}

/** The square, or why there is none. */
export type SquareAnswer =
  | { readonly kind: 'square'; readonly job: number; readonly square: Uint8Array }
  | { readonly kind: 'undecodable'; readonly job: number; readonly problem: string };

function answer({ job, bytes, side }: SquareRequest): SquareAnswer {
  try {
    return { kind: 'square', job, square: squareImage(decodeImage(bytes), side) };
  } catch (error) {
    return { kind: 'undecodable', job, problem: (error as Error).message };
  }
}

parentPort?.on('message', (request: SquareRequest) => parentPort?.postMessage(answer(request)));
