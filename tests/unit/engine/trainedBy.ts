import type * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../../src/core/config.ts';
import type { Batch } from '../../../src/core/stream.ts';
import type { Learner } from '../../../src/engine/methods/learner.ts';

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
  const values = async (tensor: tf.Tensor) => {
    const read = Array.from(await tensor.data());
    tensor.dispose();
    return read;
  };
  for (const [step, batch] of batches.entries()) {
    const { losses, replays } = await learner.observe(batch, retrievalOf(step), isTraced(step));
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
