import { imageBytes, type ImageView } from '../engine/data/imageSource.ts';
import type { Dataset } from '../engine/data/dataset.ts';
import type { Task } from '../engine/data/stream.ts';
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
  const shown = cutImages(dataset, view, incoming);
  if (retrieval === null) return { incoming: shown, mirPicks: new Uint8Array(0), randomPicks: new Uint8Array(0) };
  switch (retrieval.kind) {
    case 'memory': {
      const picked = (positions: readonly number[]) => positions.map((position) => retrieval.candidates[position]);
      return {
        incoming: shown,
        mirPicks: cutImages(dataset, view, picked(retrieval.mirPicks)),
        randomPicks: cutImages(dataset, view, picked(retrieval.randomPicks)),
      };
    }
    case 'generated':
    case 'latents':
      return { incoming: shown, mirPicks: retrieval.pictures.mirPicks, randomPicks: retrieval.pictures.randomPicks };
    default:
      return retrieval satisfies never;
  }
}

/** For each task one image of each of the first `count` of its classes that have any, as the task shows it. */
export function taskExamples(dataset: Dataset, view: ImageView, tasks: readonly Task[], count: number): Uint8Array<ArrayBuffer>[] {
  const { labels } = dataset.train;
  return tasks.map(({ number, classes, train }) => {
    const examples = classes.flatMap((label) => train.find((sample) => labels[sample] === label) ?? []).slice(0, count);
    return cutImages(dataset, view, examples.map((sample) => ({ sample, task: number })));
  });
}
