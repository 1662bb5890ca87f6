import { imageSize, type Dataset } from '../engine/data/dataset.ts';
import type { TracedStep } from '../engine/events.ts';
import type { Thumbnails } from './protocol.ts';

/** The pixels of training images, one after another, as a copy of their own. */
export function cutImages(dataset: Dataset, samples: readonly number[]): Uint8Array<ArrayBuffer> {
  const size = imageSize(dataset);
  const images = new Uint8Array(samples.length * size);
  samples.forEach((sample, position) => {
    images.set(dataset.train.pixels.subarray(sample * size, (sample + 1) * size), position * size);
  });
  return images;
}

/** The images that a traced step shows. */
export function thumbnailsOf(dataset: Dataset, { incoming, retrieval }: TracedStep): Thumbnails {
  const picked = (positions: readonly number[]) =>
    positions.flatMap((position) => retrieval?.candidates[position].sample ?? []);
  return {
    incoming: cutImages(
      dataset,
      incoming.map(({ sample }) => sample),
    ),
    mirPicks: cutImages(dataset, picked(retrieval?.mirPicks ?? [])),
    randomPicks: cutImages(dataset, picked(retrieval?.randomPicks ?? [])),
  };
}

/** For each class of a dataset the images of its first `count` samples among those given; fewer where there are fewer. */
export function classExamples(dataset: Dataset, samples: Int32Array, count: number): Uint8Array<ArrayBuffer>[] {
  const found: number[][] = dataset.classNames.map(() => []);
  for (const sample of samples) {
    const ofClass = found[dataset.train.labels[sample]];
    if (ofClass.length < count) ofClass.push(sample);
  }
  return found.map((examples) => cutImages(dataset, examples));
}
