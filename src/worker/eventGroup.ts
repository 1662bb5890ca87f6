import type { Dataset, ImageSet, ImageView } from '../core/dataset.ts';
import type { ExperimentEvent, SampleReport, TracedStep } from '../core/events.ts';
import type { Task } from '../core/stream.ts';
import { imageBytes } from '../engine/data/imageSource.ts';
import type { PageEvent, Thumbnails } from '../link/protocol.ts';

/** The images to cut out, each as its task shows it. */
type Shown = Pick<SampleReport, 'sample' | 'task'>;

/** Cuts images out of one half of a dataset, one after another, into a copy of their own. */
function cutImages(set: ImageSet, view: ImageView, shown: readonly Shown[]): Uint8Array<ArrayBuffer> {
  const size = set.pixels.length / set.count;
  const images = new Uint8Array(shown.length * size);
  shown.forEach(({ sample, task }, position) => {
    images.set(imageBytes(set, view, sample, task), position * size);
  });
  return images;
}

/** The images that a traced step shows. */
export function thumbnailsOf({ train }: Dataset, view: ImageView, { incoming, retrieval }: TracedStep): Thumbnails {
  const shown = cutImages(train, view, incoming);
  if (retrieval === null) {
    const [candidates, mirPicks, randomPicks] = [new Uint8Array(0), new Uint8Array(0), new Uint8Array(0)];
    return { incoming: shown, candidates, mirPicks, randomPicks };
  }
  switch (retrieval.kind) {
    case 'memory': {
      const picked = (positions: readonly number[]) => positions.map((position) => retrieval.candidates[position]);
      return {
        incoming: shown,
        candidates: cutImages(train, view, retrieval.candidates),
        mirPicks: cutImages(train, view, picked(retrieval.mirPicks)),
        randomPicks: cutImages(train, view, picked(retrieval.randomPicks)),
      };
    }
    case 'generated':
    case 'latents':
      return {
        incoming: shown,
        candidates: new Uint8Array(0),
        mirPicks: retrieval.pictures.mirPicks,
        randomPicks: retrieval.pictures.randomPicks,
      };
    default:
      return retrieval satisfies never;
  }
}

/**
 * For each task, as it shows them, one image of each of the first `count` of its classes that have any. They are test
 * images: of the training images, not all need to be in memory.
 */
export function taskExamples(
  { test }: Dataset,
  view: ImageView,
  tasks: readonly Task[],
  count: number,
): Uint8Array<ArrayBuffer>[] {
  return tasks.map((task) => {
    const examples = task.classes
      .flatMap((label) => task.test.find((sample) => test.labels[sample] === label) ?? [])
      .slice(0, count);
    return cutImages(
      test,
      view,
      examples.map((sample) => ({ sample, task: task.number })),
    );
  });
}

/** Milliseconds between two groups: at most 20 a second. */
const interval = 50;

/**
 * Gathers events, in order, and sends them in groups; traced steps get their thumbnails. Pictures are moved, not
 * copied.
 */
export class EventGroup {
  readonly #thumbnailsOf: (step: TracedStep) => Thumbnails;
  readonly #send: (events: readonly PageEvent[], transfer: Transferable[]) => void;
  #events: PageEvent[] = [];
  /** A set, because empty pictures may share one buffer, and a buffer can move only once. */
  #transfer = new Set<ArrayBuffer>();
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(
    thumbnailsOf: (step: TracedStep) => Thumbnails,
    send: (events: readonly PageEvent[], transfer: Transferable[]) => void,
  ) {
    this.#thumbnailsOf = thumbnailsOf;
    this.#send = send;
  }

  add(event: ExperimentEvent): void {
    switch (event.kind) {
      case 'traced': {
        const thumbnails = this.#thumbnailsOf(event);
        this.#events.push({ ...event, thumbnails });
        this.#moves(Object.values<Uint8Array>({ ...thumbnails }));
        if (event.retrieval !== null && event.retrieval.kind !== 'memory')
          this.#moves(Object.values(event.retrieval.pictures));
        break;
      }
      case 'reconstructed':
        this.#events.push(event);
        this.#moves(Object.values(event.pictures));
        break;
      default:
        this.#events.push(event);
    }
  }

  #moves(pictures: readonly Uint8Array[]): void {
    for (const { buffer } of pictures) this.#transfer.add(buffer as ArrayBuffer);
  }

  /** Milliseconds from `now` until the gathered events may be sent; infinite if there are none. */
  dueIn(now: number): number {
    return this.#events.length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.#sentAt + interval - now);
  }

  /** Sends what was gathered, if a group is due. */
  sendIfDue(now: number): void {
    if (this.dueIn(now) === 0) this.sendAll(now);
  }

  /** Sends what was gathered, at once. */
  sendAll(now: number): void {
    if (this.#events.length === 0) return;
    const [events, transfer] = [this.#events, [...this.#transfer]];
    this.#events = [];
    this.#transfer = new Set();
    this.#sentAt = now;
    this.#send(events, transfer);
  }
}
