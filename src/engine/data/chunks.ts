import { DataError, type Dataset, type FileReference, firstBytes, grouped, imageSize } from '../../core/dataset.ts';
import { type ImageFile, type Manifest, trainFiles } from './manifest.ts';

/**
 * A chunk is a part of a dataset's images that is fetched in one piece. Its bytes, before compression: the
 * letters MIRC, then little-endian 32-bit numbers (how many images; pixels per image; for each image its
 * index less the index before it), then the pixels of the images, 0 … 255. Indices rise, and their
 * differences are stored because those compress to almost nothing.
 */
interface Chunk {
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
    throw new DataError(
      file,
      `is not a chunk of images: it begins with the bytes ${firstBytes(bytes)}, not ${firstBytes(Uint8Array.from(magic))}`,
      { kind: 'site' },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const images = view.getUint32(4, true);
  const imageSize = view.getUint32(8, true);
  if (images !== expected.images || imageSize !== expected.imageSize) {
    throw new DataError(
      file,
      `holds ${grouped(images)} images of ${grouped(imageSize)} pixels; ${grouped(expected.images)} of ${grouped(expected.imageSize)} are needed`,
      { kind: 'site' },
    );
  }
  const needed = headerBytes + images * (4 + imageSize);
  if (bytes.length !== needed) {
    throw new DataError(
      file,
      `unpacks to ${grouped(bytes.length)} bytes; ${grouped(images)} images need ${grouped(needed)}`,
      { kind: 'site' },
    );
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
        { kind: 'site' },
      );
    }
    indices[i] = index;
  }
  return { indices, pixels: bytes.subarray(headerBytes + 4 * images) };
}

/** What a run must know to decide which images it needs. */
interface LabelFile {
  readonly train: Uint8Array;
  readonly test: Uint8Array;
  /** For each training image the number of the chunk that holds it, 0 for the first. */
  readonly chunkOf: Uint8Array;
}

/** Writes labels and chunk numbers one after another: training labels, test labels, chunk numbers. */
export function writeLabelFile({ train, test, chunkOf }: LabelFile): Uint8Array {
  const bytes = new Uint8Array(train.length + test.length + chunkOf.length);
  bytes.set(train);
  bytes.set(test, train.length);
  bytes.set(chunkOf, train.length + test.length);
  return bytes;
}

/**
 * Reads labels and chunk numbers.
 *
 * @param expected images per half, classes and chunks, as the manifest says
 * @throws DataError if the length is wrong, or a label or chunk number is out of range
 */
export function readLabelFile(
  file: FileReference,
  bytes: Uint8Array,
  expected: { readonly train: number; readonly test: number; readonly classes: number; readonly chunks: number },
): LabelFile {
  const images = expected.train + expected.test;
  const needed = images + expected.train;
  if (bytes.length !== needed) {
    throw new DataError(
      file,
      `unpacks to ${grouped(bytes.length)} bytes; the labels of ${grouped(images)} images need ${grouped(needed)}`,
      { kind: 'site' },
    );
  }
  const wrongLabel = bytes.subarray(0, images).findIndex((label) => label >= expected.classes);
  if (wrongLabel >= 0) {
    throw new DataError(file, `holds the label ${bytes[wrongLabel]}; labels go from 0 to ${expected.classes - 1}`, {
      kind: 'site',
    });
  }
  const chunkOf = bytes.slice(images);
  const wrongChunk = chunkOf.find((chunk) => chunk >= expected.chunks);
  if (wrongChunk !== undefined) {
    throw new DataError(file, `points to chunk ${wrongChunk}; there are ${expected.chunks}, the first is 0`, {
      kind: 'site',
    });
  }
  return { train: bytes.slice(0, expected.train), test: bytes.slice(expected.train, images), chunkOf };
}

/** A prepared dataset as it fills up: labels are there from the start, pixels arrive in chunks. */
export interface GrowingDataset {
  /** Its pixel buffers have their full size from the start; images that have not arrived are black. */
  readonly dataset: Dataset;
  /** For each training image the number of the chunk that holds it. */
  readonly chunkOf: Uint8Array;
}

/**
 * Begins a dataset with its labels and no images.
 *
 * @param labels content of the manifest's file of labels, unpacked
 * @throws DataError if the labels do not fit the manifest
 */
export function beginDataset(manifest: Manifest, file: FileReference, labels: Uint8Array): GrowingDataset {
  const { counts, imageShape, classNames, name } = manifest;
  const { train, test, chunkOf } = readLabelFile(file, labels, {
    ...counts,
    classes: classNames.length,
    chunks: trainFiles(manifest).length,
  });
  trainFiles(manifest).forEach(({ images }, chunk) => {
    const assigned = chunkOf.reduce((sum, number) => sum + (number === chunk ? 1 : 0), 0);
    if (assigned !== images) {
      throw new DataError(
        file,
        `gives chunk ${chunk} ${grouped(assigned)} images; the manifest says ${grouped(images)}`,
        { kind: 'site' },
      );
    }
  });
  const size = imageSize({ imageShape });
  return {
    dataset: {
      name,
      imageShape,
      classNames,
      train: { count: counts.train, labels: train, pixels: new Uint8Array(counts.train * size) },
      test: { count: counts.test, labels: test, pixels: new Uint8Array(counts.test * size) },
    },
    chunkOf,
  };
}

/**
 * Puts the images of one chunk in their places.
 *
 * @param chunk number of the chunk if it holds training images; not used for test images
 * @param content what the file holds, unpacked
 * @throws DataError if the content does not fit the manifest; then no image has been changed
 */
export function placeImages(
  growing: GrowingDataset,
  listed: ImageFile,
  chunk: number,
  file: FileReference,
  content: Uint8Array,
): void {
  const half = growing.dataset[listed.kind];
  const size = imageSize(growing.dataset);
  const { indices, pixels } = readChunk(file, content, {
    images: listed.images,
    imageSize: size,
    halfCount: half.count,
  });
  const stray = listed.kind === 'train' ? indices.find((index) => growing.chunkOf[index] !== chunk) : undefined;
  if (stray !== undefined) {
    throw new DataError(
      file,
      `holds training image ${grouped(stray)}, which belongs to chunk ${growing.chunkOf[stray]}, not ${chunk}`,
      { kind: 'site' },
    );
  }
  indices.forEach((index, i) => half.pixels.set(pixels.subarray(i * size, (i + 1) * size), index * size));
}
