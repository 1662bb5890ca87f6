import { imageSize, type WholeDataset } from '../../src/core/dataset.ts';

/** A dataset with the first of its test images alone: an evaluation takes as long as they are many. */
export function firstTestImages(dataset: WholeDataset, count: number): WholeDataset {
  const { labels, pixels } = dataset.test;
  return {
    ...dataset,
    test: { count, labels: labels.subarray(0, count), pixels: pixels.subarray(0, count * imageSize(dataset)) },
  };
}
