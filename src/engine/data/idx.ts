import { DataError, type FileReference, firstBytes, grouped, type ImageSet } from '../../core/dataset.ts';

/** What an IDX file of bytes holds: images (three dimensions) or labels (one). */
export type IdxContent =
  | {
      readonly kind: 'images';
      readonly count: number;
      readonly height: number;
      readonly width: number;
      /** `count` images one after another, row-major, 0 … 255; a view on the file's bytes. */
      readonly pixels: Uint8Array;
    }
  | {
      readonly kind: 'labels';
      readonly count: number;
      /** One class index per image; a view on the file's bytes. */
      readonly labels: Uint8Array;
    };

export type IdxImages = Extract<IdxContent, { kind: 'images' }>;
export type IdxLabels = Extract<IdxContent, { kind: 'labels' }>;

const labelsMagic = 0x00000801;
const imagesMagic = 0x00000803;

/** An end for messages about a file whose length is wrong. */
function lengthProblem(found: number, contents: string, needed: number): string {
  return `has ${grouped(found)} bytes; ${contents} need ${grouped(needed)}`;
}

function parseLabels(file: FileReference, bytes: Uint8Array, view: DataView, classes: number): IdxLabels {
  if (bytes.length < 8)
    throw new DataError(file, `has ${bytes.length} bytes; the header of a label file alone needs 8`);
  const count = view.getUint32(4);
  if (count === 0) throw new DataError(file, 'holds 0 labels; at least one is needed');
  if (bytes.length !== 8 + count) {
    throw new DataError(file, lengthProblem(bytes.length, `${grouped(count)} labels`, 8 + count));
  }
  const labels = bytes.subarray(8);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new DataError(
      file,
      `says that image ${grouped(wrong + 1)} is of class ${labels[wrong]}; labels go from 0 to ${classes - 1}`,
    );
  }
  return { kind: 'labels', count, labels };
}

function parseImages(file: FileReference, bytes: Uint8Array, view: DataView): IdxImages {
  if (bytes.length < 16)
    throw new DataError(file, `has ${bytes.length} bytes; the header of an image file alone needs 16`);
  const count = view.getUint32(4);
  const height = view.getUint32(8);
  const width = view.getUint32(12);
  const contents = `${grouped(count)} images of ${height} × ${width}`;
  if (count === 0 || height === 0 || width === 0) {
    throw new DataError(file, `holds ${contents}; at least one image of at least one pixel is needed`);
  }
  const needed = 16 + count * height * width;
  if (bytes.length !== needed) throw new DataError(file, lengthProblem(bytes.length, contents, needed));
  return { kind: 'images', count, height, width, pixels: bytes.subarray(16) };
}

/**
 * Reads an IDX file of unsigned bytes, the format of MNIST: a big-endian magic number (0x803 images, 0x801
 * labels), each dimension as a 32-bit number, then the values (http://yann.lecun.com/exdb/mnist/).
 *
 * @param file names the file in errors
 * @param bytes the whole file, unpacked; the result is a view on it
 * @param classes labels must be below this number
 * @throws DataError if the file is of another kind, shorter or longer than its header says, or mislabelled
 */
export function parseIdx(file: FileReference, bytes: Uint8Array, classes: number): IdxContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length < 4 ? null : view.getUint32(0);
  switch (magic) {
    case labelsMagic:
      return parseLabels(file, bytes, view, classes);
    case imagesMagic:
      return parseImages(file, bytes, view);
    default: {
      const found = bytes.length === 0 ? 'it is empty' : `it begins with the bytes ${firstBytes(bytes)}`;
      throw new DataError(
        file,
        `is not an IDX file of images or labels: ${found}; images begin with 00 00 08 03, labels with 00 00 08 01`,
      );
    }
  }
}

/**
 * Joins images with their labels.
 *
 * @throws DataError naming the label file if the counts differ
 */
export function joinIdx(images: IdxImages, labels: IdxLabels, imageFile: string, labelFile: FileReference): ImageSet {
  if (images.count !== labels.count) {
    const counts = `${grouped(labels.count)} labels; ${imageFile} has ${grouped(images.count)} images`;
    throw new DataError(labelFile, `holds ${counts}, and each image needs one label`);
  }
  return { count: images.count, labels: labels.labels, pixels: images.pixels };
}

/** What the ten classes of MNIST are called. */
export const mnistClassNames: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
