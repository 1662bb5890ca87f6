import type { Retrieval } from '../../../src/core/config.ts';
import type { Batch } from '../../../src/core/stream.ts';
import type { ImageSource } from '../../../src/engine/data/imageSource.ts';
import type { Learner } from '../../../src/engine/methods/learner.ts';
import type { Output } from '../../../src/engine/runner/step.ts';
import { classLosses, read } from './outputs.ts';

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
  /** Per traced replay: the candidates' l(θ), l(θ_v) and l*. Per traced batch: the losses around the step. */
  readonly told: number[][];
  readonly stored: { readonly labels: number[]; readonly tasks: number[] };
}

/** Lets a learner learn batches. What it gave is read at the end, together: each way back from a device costs a wait. */
export async function trainedBy(
  learner: Learner,
  batches: readonly Batch[],
  retrievalOf: (step: number) => Retrieval | null,
  isTraced: (step: number) => boolean,
): Promise<Training> {
  const slots: number[][] = [];
  const given = {
    losses: [] as Output[],
    picks: [] as Output[],
    scores: [] as Output[],
    mirPicks: [] as Output[],
    told: [] as (Output | null)[],
  };
  for (const [step, batch] of batches.entries()) {
    const { losses, replays, tracedLosses } = learner.observe(batch, retrievalOf(step), isTraced(step));
    given.losses.push(losses);
    if (tracedLosses !== null) {
      const { incoming, replayed } = tracedLosses;
      const around = [incoming.before, incoming.virtual, incoming.after, replayed?.before, replayed?.after];
      given.told.push(...around.map((output) => output ?? null));
    }
    for (const { candidates, picks, traced } of replays) {
      slots.push([...candidates.slots]);
      given.picks.push(picks);
      if (traced === null) continue;
      given.scores.push(traced.scores);
      given.mirPicks.push(traced.mirPicks);
      given.told.push(traced.losses, traced.virtualLosses, traced.bestLosses);
    }
  }
  const readAll = (outputs: readonly (Output | null)[]) =>
    Promise.all(outputs.map(async (output) => (output === null ? [] : read(output))));
  const [losses, picks, scores, mirPicks, told] = await Promise.all([
    readAll(given.losses),
    readAll(given.picks),
    readAll(given.scores),
    readAll(given.mirPicks),
    readAll(given.told),
  ]);
  const { labels, tasks } = learner.stored();
  return {
    ...{ losses, slots, picks, scores, mirPicks, told },
    stored: { labels: Array.from(labels), tasks: Array.from(tasks) },
  };
}

/** What a learner makes of images. */
export interface Answers {
  /** Cross-entropy of each image against each class, in nats, which says as much as logits. */
  readonly surprises: readonly number[];
  /** The class that each image is taken for. */
  readonly named: readonly number[];
  /** Mean cross-entropy of all, in nats. */
  readonly loss: number;
}

/** What a learner answers to the first images of a source, as a task shows them: one at a time, and all together. */
export async function answersOf(learner: Learner, source: ImageSource, count: number, task: number): Promise<Answers> {
  const samples = Int32Array.from({ length: count }, (_, sample) => sample);
  const rows = { kind: 'images', source, samples, tasks: samples.map(() => task) } as const;
  const { answers, loss } = learner.evaluate(rows);
  const [named, [mean]] = await Promise.all([read(answers), read(loss)]);
  return { surprises: await classLosses(learner, rows, 10), named, loss: mean };
}
