import type { Retrieval } from '../../../src/core/config.ts';
import type { ImageSet } from '../../../src/core/dataset.ts';
import type { Batch } from '../../../src/core/stream.ts';
import { imageSource, type ImageSource } from '../../../src/engine/data/imageSource.ts';
import type { Learner } from '../../../src/engine/methods/learner.ts';
import type { Output } from '../../../src/engine/runner/step.ts';

/** Everything that a learner showed while it trained. */
export interface Training {
  /** Per batch the loss of each image. */
  readonly losses: number[][];
  /** Per replay. */
  readonly slots: number[][];
  readonly picks: number[][];
  /** Per traced replay. */
  readonly scores: number[][];
  readonly mirPicks: number[][];
  readonly stored: { readonly labels: number[]; readonly tasks: number[] };
}

const values = async (output: Output) => Array.from(await output.read());

/** Lets a learner learn batches. */
export async function trainedBy(
  learner: Learner,
  batches: readonly Batch[],
  retrievalOf: (step: number) => Retrieval | null,
  isTraced: (step: number) => boolean,
): Promise<Training> {
  const training = {
    losses: [] as number[][],
    slots: [] as number[][],
    picks: [] as number[][],
    scores: [] as number[][],
    mirPicks: [] as number[][],
  };
  for (const [step, batch] of batches.entries()) {
    const { losses, replays } = learner.observe(batch, retrievalOf(step), isTraced(step));
    training.losses.push(await values(losses));
    for (const { candidates, picks, traced } of replays) {
      training.slots.push([...candidates.slots]);
      training.picks.push(await values(picks));
      if (traced === null) continue;
      training.scores.push(await values(traced.scores));
      training.mirPicks.push(await values(traced.mirPicks));
    }
  }
  const { labels, tasks } = learner.stored();
  return { ...training, stored: { labels: Array.from(labels), tasks: Array.from(tasks) } };
}

const classes = 10;

/** What a learner makes of images. */
export interface Answers {
  /** −log of the probability of every class, image by image, which says as much as logits: n times ten, in nats. */
  readonly surprises: readonly number[];
  /** 1 where an image is named right, else 0. */
  readonly right: readonly number[];
}

/**
 * What a learner answers to the first images of a source, as a task shows them. Evaluated one at a time with each of
 * the ten labels, and once all together.
 */
export async function answersOf(learner: Learner, source: ImageSource, count: number, task: number): Promise<Answers> {
  const { set, view } = source.bytes;
  const size = set.pixels.length / set.count;
  const images = Array.from({ length: count * classes }, (_, index) => Math.floor(index / classes));
  const everyLabel: ImageSet = {
    count: images.length,
    labels: Uint8Array.from(images, (_, index) => index % classes),
    pixels: Uint8Array.from({ length: images.length * size }, (_, at) => {
      return set.pixels[images[Math.floor(at / size)] * size + (at % size)];
    }),
  };
  const labelled = imageSource(everyLabel, view);
  const evaluated = (of: ImageSource, samples: Int32Array) =>
    learner.evaluate({ kind: 'images', source: of, samples, tasks: samples.map(() => task) });

  const together = evaluated(
    source,
    Int32Array.from({ length: count }, (_, image) => image),
  );
  const alone = images.map((_, sample) => evaluated(labelled, Int32Array.of(sample)));
  const right = values(together.right);
  const meanLoss = together.loss.read();
  const surprises = Promise.all(
    alone.map(async ({ right: each, loss }) => {
      each.drop();
      return (await loss.read())[0];
    }),
  );
  const ownLosses = (await surprises).filter((_, index) => index % classes === set.labels[images[index]]);
  const mean = ownLosses.reduce((sum, loss) => sum + loss, 0) / count;
  if (Math.abs((await meanLoss)[0] - mean) > 1e-4 * mean)
    throw new Error(`The loss of all images is ${(await meanLoss)[0]}; the mean of each one's is ${mean}.`);
  return { surprises: await surprises, right: await right };
}
