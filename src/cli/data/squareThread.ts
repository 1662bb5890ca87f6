import { parentPort } from 'node:worker_threads';
import { convertIndexedToRgb, decode as decodePng, type DecodedPng, hasPngSignature } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { squareImage, jpegOrientation, upright, type DecodedImage } from '../../engine/data/squareImage.ts';

/** The values of a picture one by one, where several share a byte; rows begin with a byte of their own (PNG, 7.2). */
function valuesOf({ width, height, depth, data }: DecodedPng): DecodedPng['data'] {
  if (depth >= 8) return data;
  const rowBytes = Math.ceil((width * depth) / 8);
  const most = (1 << depth) - 1;
  return Uint8Array.from({ length: width * height }, (_, place) => {
    const bit = (place % width) * depth;
    return (data[Math.floor(place / width) * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & most;
  });
}

/** A picture of any kind of PNG. One colour of a picture without alpha may stand for transparent (PNG, 11.3.2.1). */
function fromPng(bytes: Uint8Array): DecodedImage {
  const picture = decodePng(bytes, { checkCrc: true });
  const { width, height, depth, channels, palette, transparency } = picture;
  if (palette) return { width, height, channels: palette[0].length === 4 ? 4 : 3, data: convertIndexedToRgb(picture) };
  const values = valuesOf(picture);
  const eightBits = (value: number) => (depth === 16 ? value >> 8 : (value * 255) / (2 ** depth - 1));
  const hasAlpha = channels === 2 || channels === 4;
  const colours = hasAlpha ? channels - 1 : channels;
  const made = hasAlpha || transparency !== undefined ? 4 : 3;
  const data = new Uint8Array(width * height * made);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels;
    for (let colour = 0; colour < 3; colour++)
      data[pixel * made + colour] = eightBits(values[from + (colours === 3 ? colour : 0)]);
    if (hasAlpha) data[pixel * made + 3] = eightBits(values[from + colours]);
    else if (transparency) {
      const isHidden = transparency.every((value, colour) => value === values[from + colour]);
      data[pixel * made + 3] = isHidden ? 0 : 255;
    }
  }
  return { width, height, channels: made, data };
}

/**
 * Decodes a JPEG or PNG picture, and sets a JPEG upright as its EXIF says, as browsers do.
 *
 * @throws Error if it is neither, or damaged
 */
export function decodeImage(bytes: Uint8Array): DecodedImage {
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
