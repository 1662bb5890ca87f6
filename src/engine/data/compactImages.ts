import type { ImageSet } from './dataset.ts';

/**
 * The images that are there, in order, moved together in the same memory.
 *
 * @param labels of all places
 * @param pixels of all places; changed
 * @param filled 1 for each place that holds an image, 0 for the others
 * @param imageSize numbers in an image
 */
export function compactImages(labels: Uint8Array, pixels: Uint8Array, filled: Uint8Array, imageSize: number): ImageSet {
  let count = 0;
  filled.forEach((whole, place) => {
    if (whole === 0) return;
    if (count < place) {
      labels[count] = labels[place];
      pixels.copyWithin(count * imageSize, place * imageSize, (place + 1) * imageSize);
    }
    count += 1;
  });
  return { count, labels: labels.subarray(0, count), pixels: pixels.subarray(0, count * imageSize) };
}
