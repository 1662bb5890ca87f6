import { imageBytes, type ImageView } from '../engine/data/imageSource.ts';
import type { Dataset } from '../engine/data/dataset.ts';
import type { SampleReport, TracedStep } from '../engine/events.ts';
import type { Thumbnails } from './protocol.ts';

/** Which images to cut out, each as its task shows it. */
type Shown = Pick<SampleReport, 'sample' | 'task'>;

/** Cuts training images out of a dataset, one after another, as a copy of their own. */
export function cutImages({ train }: Dataset, view: ImageView, shown: readonly Shown[]): Uint8Array<ArrayBuffer> {
  const size = train.pixels.length / train.count;
  const images = new Uint8Array(shown.length * size);
  shown.forEach(({ sample, task }, position) => {
    images.set(imageBytes(train, view, sample, task), position * size);
  });
  return images;
}

/** The images that a traced step shows. */
export function thumbnailsOf(dataset: Dataset, view: ImageView, { incoming, retrieval }: TracedStep): Thumbnails {
  const picked = (positions: readonly number[] = []) => positions.flatMap((position) => retrieval?.candidates[position] ?? []);
  return {
    incoming: cutImages(dataset, view, incoming),
    mirPicks: cutImages(dataset, view, picked(retrieval?.mirPicks)),
    randomPicks: cutImages(dataset, view, picked(retrieval?.randomPicks)),
  };
}

/** For each class of a dataset the images of its first `count` samples among those given, unpermuted; fewer where there are fewer. */
export function classExamples(dataset: Dataset, samples: Int32Array, count: number): Uint8Array<ArrayBuffer>[] {
  const found: number[][] = dataset.classNames.map(() => []);
  for (const sample of samples) {
    const ofClass = found[dataset.train.labels[sample]];
    if (ofClass.length < count) ofClass.push(sample);
  }
  const plain: ImageView = { range: [0, 1], permutation: () => null };
  return found.map((examples) => cutImages(dataset, plain, examples.map((sample) => ({ sample, task: 1 }))));
}
