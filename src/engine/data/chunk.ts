import { DataError, firstBytes, grouped, type FileReference } from './dataError.ts';

/**
 * A chunk is a part of a dataset's images that is fetched in one piece. Its bytes, before compression: the
 * letters MIRC, then little-endian 32-bit numbers (how many images; pixels per image; for each image its
 * index less the index before it), then the pixels of the images, 0 … 255. Indices rise, and their
 * differences are stored because those compress to almost nothing.
 */
export interface Chunk {
  /** Index of each image in its half of the dataset, rising. */
  readonly indices: Int32Array;
  /** The images one after another, in the order of `indices`. */
  readonly pixels: Uint8Array;
}

const magic = [0x4d, 0x49, 0x52, 0x43];
const headerBytes = 12;

/**
 * Takes some images out of a whole half of a dataset and writes them as a chunk.
 *
 * @param indices which images, rising
 * @param pixels all images of the half
 * @param imageSize pixels per image
 */
export function writeChunk(indices: Int32Array, pixels: Uint8Array, imageSize: number): Uint8Array {
  const bytes = new Uint8Array(headerBytes + indices.length * (4 + imageSize));
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint32(4, indices.length, true);
  view.setUint32(8, imageSize, true);
  let offset = headerBytes + 4 * indices.length;
  indices.forEach((index, i) => {
    view.setUint32(headerBytes + 4 * i, index - (i === 0 ? 0 : indices[i - 1]), true);
    bytes.set(pixels.subarray(index * imageSize, (index + 1) * imageSize), offset);
    offset += imageSize;
  });
  return bytes;
}

/**
 * Reads a chunk.
 *
 * @param expected how many images it should hold, of how many pixels, and how many images the half has
 * @returns the indices, and a view on the pixels in `bytes`
 * @throws DataError if the bytes are no chunk, have the wrong length, or an index is out of order or range
 */
export function readChunk(
  file: FileReference,
  bytes: Uint8Array,
  expected: { readonly images: number; readonly imageSize: number; readonly halfCount: number },
): Chunk {
  if (bytes.length < headerBytes || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new DataError(file, `is not a chunk of images: it begins with the bytes ${firstBytes(bytes)}, not ${firstBytes(Uint8Array.from(magic))}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const images = view.getUint32(4, true);
  const imageSize = view.getUint32(8, true);
  if (images !== expected.images || imageSize !== expected.imageSize) {
    throw new DataError(
      file,
      `holds ${grouped(images)} images of ${grouped(imageSize)} pixels; ${grouped(expected.images)} of ${grouped(expected.imageSize)} are needed`,
    );
  }
  const needed = headerBytes + images * (4 + imageSize);
  if (bytes.length !== needed) {
    throw new DataError(file, `unpacks to ${grouped(bytes.length)} bytes; ${grouped(images)} images need ${grouped(needed)}`);
  }
  const indices = new Int32Array(images);
  let index = 0;
  for (let i = 0; i < images; i++) {
    const difference = view.getUint32(headerBytes + 4 * i, true);
    index += difference;
    if ((i > 0 && difference === 0) || index >= expected.halfCount) {
      throw new DataError(
        file,
        `says that its image ${grouped(i + 1)} has index ${grouped(index)}; indices rise and stay below ${grouped(expected.halfCount)}`,
      );
    }
    indices[i] = index;
  }
  return { indices, pixels: bytes.subarray(headerBytes + 4 * images) };
}
