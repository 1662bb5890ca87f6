import { readChunk } from './chunk.ts';
import { DataError, grouped, type FileReference } from './dataError.ts';
import { imageSize, type Dataset } from './dataset.ts';
import { readLabelFile } from './labelFile.ts';
import { trainFiles, type ImageFile, type Manifest } from './manifest.ts';

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
      throw new DataError(file, `gives chunk ${chunk} ${grouped(assigned)} images; the manifest says ${grouped(images)}`);
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
  const { indices, pixels } = readChunk(file, content, { images: listed.images, imageSize: size, halfCount: half.count });
  const stray = listed.kind === 'train' ? indices.find((index) => growing.chunkOf[index] !== chunk) : undefined;
  if (stray !== undefined) {
    throw new DataError(file, `holds training image ${grouped(stray)}, which belongs to chunk ${growing.chunkOf[stray]}, not ${chunk}`);
  }
  indices.forEach((index, i) => half.pixels.set(pixels.subarray(i * size, (i + 1) * size), index * size));
}
