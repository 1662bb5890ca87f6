import {
  DataError,
  type Dataset,
  type FileReference,
  firstBytes,
  grouped,
  type ImageBytes,
  imageSize,
} from '../../core/dataset.ts';
import { type ImageFile, imageFiles, type Manifest } from './manifest.ts';

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

/** Prepared data whose labels are there. Its images come in chunks. */
export interface BegunDataset extends Pick<Dataset, 'name' | 'imageShape' | 'classNames'> {
  readonly labels: { readonly train: Uint8Array; readonly test: Uint8Array };
  /** For each image the number of its half's chunk that holds it. */
  readonly chunkOf: { readonly train: Uint8Array; readonly test: Uint8Array };
}

/**
 * Begins a dataset with its labels and no images.
 *
 * @param labels content of the manifest's file of labels, unpacked
 * @throws DataError if the labels do not fit the manifest
 */
export function beginDataset(manifest: Manifest, file: FileReference, labels: Uint8Array): BegunDataset {
  const { counts, imageShape, classNames, name } = manifest;
  const { train, test, chunkOf } = readLabelFile(file, labels, {
    ...counts,
    classes: classNames.length,
    chunks: imageFiles(manifest, 'train').length,
  });
  // One file has all test images, or each has those of one class.
  const ofTest = imageFiles(manifest, 'test').length === 1 ? new Uint8Array(test.length) : test;
  const chunks = { train: chunkOf, test: ofTest };
  for (const half of ['train', 'test'] as const) {
    imageFiles(manifest, half).forEach(({ images }, chunk) => {
      const assigned = chunks[half].reduce((sum, number) => sum + (number === chunk ? 1 : 0), 0);
      if (assigned !== images) {
        throw new DataError(
          file,
          `gives ${half === 'test' ? 'test ' : ''}chunk ${chunk} ${grouped(assigned)} images; the manifest says ${grouped(images)}`,
          { kind: 'site' },
        );
      }
    });
  }
  return { name, imageShape, classNames, labels: { train, test }, chunkOf: chunks };
}

const wordOf = { train: 'training', test: 'test' } as const;

/**
 * Reads a chunk of a dataset.
 *
 * @param number of the chunk in its half
 * @param content what the file holds, unpacked; the chunk's pixels are a view of it
 * @throws DataError if the content does not fit the manifest
 */
export function chunkOfDataset(
  { labels, chunkOf, imageShape }: BegunDataset,
  { kind, images }: ImageFile,
  number: number,
  file: FileReference,
  content: Uint8Array,
): Chunk {
  const halfCount = labels[kind].length;
  const chunk = readChunk(file, content, { images, imageSize: imageSize({ imageShape }), halfCount });
  const stray = chunk.indices.find((index) => chunkOf[kind][index] !== number);
  if (stray !== undefined) {
    throw new DataError(
      file,
      `holds ${wordOf[kind]} image ${grouped(stray)}, which belongs to chunk ${chunkOf[kind][stray]}, not ${number}`,
      { kind: 'site' },
    );
  }
  return chunk;
}

/** Puts the images of a chunk in their places among all images of their half. */
export function placeImages({ indices, pixels }: Chunk, all: Uint8Array): void {
  const size = pixels.length / indices.length;
  indices.forEach((index, row) => all.set(pixels.subarray(row * size, (row + 1) * size), index * size));
}

/** A chunk of which fewer images than this share are needed gives the others back. */
const sparse = 1 / 4;

/** Images of one half of which only some are in memory: whole chunks, and single images of other chunks. */
export class ComingImages implements ImageBytes {
  readonly length: number;
  readonly #half: ImageFile['kind'];
  readonly #size: number;
  readonly #chunkOf: Uint8Array;
  /** Where each image is in its chunk; -1 until that has come once. */
  readonly #rows: Int32Array;
  readonly #chunks = new Map<number, Uint8Array>();
  readonly #single = new Map<number, Uint8Array>();

  /**
   * @param chunkOf for each image the number of its chunk
   * @param size numbers in an image
   */
  constructor(chunkOf: Uint8Array, size: number, half: ImageFile['kind'] = 'train') {
    this.#half = half;
    this.length = chunkOf.length * size;
    this.#size = size;
    this.#chunkOf = chunkOf;
    this.#rows = new Int32Array(chunkOf.length).fill(-1);
  }

  subarray(from: number): Uint8Array {
    const image = from / this.#size;
    const chunk = this.#chunks.get(this.#chunkOf[image]);
    const bytes =
      chunk === undefined
        ? this.#single.get(image)
        : chunk.subarray(this.#rows[image] * this.#size, (this.#rows[image] + 1) * this.#size);
    if (bytes === undefined) {
      const what = this.#half === 'train' ? 'Training' : 'Test';
      throw new Error(`${what} image ${image} is not in memory. Start the run again.`);
    }
    return bytes;
  }

  /** The chunks without which some of these images are missing. */
  missing(images: Int32Array): Set<number> {
    const absent = images.filter((image) => !this.#chunks.has(this.#chunkOf[image]) && !this.#single.has(image));
    return new Set(Array.from(absent, (image) => this.#chunkOf[image]));
  }

  /** Takes the images of a chunk; its bytes are kept, not copied. */
  take(number: number, { indices, pixels }: Chunk): void {
    indices.forEach((index, row) => (this.#rows[index] = row));
    this.#chunks.set(number, pixels);
  }

  /**
   * Gives back chunks of which few of these images are, but for those images, and every other single image.
   *
   * @param mayGo whether a chunk can be had again
   * @returns the chunks that went, by number, with their bytes, which nobody needs
   */
  keepOnly(images: Int32Array, mayGo: (chunk: number) => boolean): Map<number, Uint8Array> {
    const wanted = new Map<number, number[]>();
    for (const image of images) {
      const chunk = this.#chunkOf[image];
      const others = wanted.get(chunk);
      if (others === undefined) wanted.set(chunk, [image]);
      else others.push(image);
    }
    const gone = new Map(
      [...this.#chunks].filter(([chunk, pixels]) => {
        const share = ((wanted.get(chunk)?.length ?? 0) * this.#size) / pixels.length;
        return share < sparse && mayGo(chunk);
      }),
    );
    const kept = Array.from(images, (image) => [image, this.#chunkOf[image]] as const)
      .filter(([image, chunk]) => gone.has(chunk) || this.#single.has(image))
      .map(([image]) => [image, this.#single.get(image) ?? this.subarray(image * this.#size).slice()] as const);
    for (const chunk of gone.keys()) this.#chunks.delete(chunk);
    this.#single.clear();
    for (const [image, bytes] of kept) this.#single.set(image, bytes);
    return gone;
  }
}
