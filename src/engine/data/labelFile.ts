import { DataError, grouped, type FileReference } from './dataError.ts';

/** What a run must know before it can say which images it needs. */
export interface LabelFile {
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
    throw new DataError(file, `unpacks to ${grouped(bytes.length)} bytes; the labels of ${grouped(images)} images need ${grouped(needed)}`);
  }
  const wrongLabel = bytes.subarray(0, images).findIndex((label) => label >= expected.classes);
  if (wrongLabel >= 0) {
    throw new DataError(file, `holds the label ${bytes[wrongLabel]}; labels go from 0 to ${expected.classes - 1}`);
  }
  const chunkOf = bytes.slice(images);
  const wrongChunk = chunkOf.find((chunk) => chunk >= expected.chunks);
  if (wrongChunk !== undefined) {
    throw new DataError(file, `points to chunk ${wrongChunk}; there are ${expected.chunks}, the first is 0`);
  }
  return { train: bytes.slice(0, expected.train), test: bytes.slice(expected.train, images), chunkOf };
}
