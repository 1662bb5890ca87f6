import type * as tf from '@tensorflow/tfjs';
import { initialRetrieval } from '../config.ts';
import type { Batch } from '../data/stream.ts';
import { ae } from '../methods/ae.ts';
import type { LearnerInput } from '../methods/learner.ts';
import { tidy } from '../tidy.ts';
import { type BenchmarkInput, cycled } from './benchmarkInput.ts';
import type { Contest, Contestant } from './contest.ts';
import { engineContestant } from './engineContestant.ts';
import { naiveAe } from './naive/naiveAe.ts';

/** Both learners of a hybrid method, with latents of so many batches of the first task in their memories. */
async function begun({ learner: input, first }: BenchmarkInput, filling: number) {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const [learner, naive] = [ae(input), naiveAe(input, retrieval)];
  const stock: Contestant = { name: 'stock', step: naive.observe.bind(naive), dispose: naive.dispose.bind(naive) };
  const start = (batches: readonly Batch[]) => [learner.startTask?.(batches) ?? [], naive.startTask(batches)] as const;
  for (const updates of start(first.slice(0, filling))) {
    for await (const _ of updates) continue;
  }
  return { learner, naive, start, contestants: [engineContestant(learner, retrieval), stock] as const };
}

/**
 * The classifier's step of AE-ER or AE-MIR in task 2, when there are latents to replay.
 *
 * @param filling batches of the first task whose latents the memory holds
 */
export async function aeContest(input: BenchmarkInput, filling: number): Promise<Contest> {
  const { start, contestants } = await begun(input, filling);
  const second = secondTask(input);
  for (const updates of start(second.slice(0, 1))) {
    for await (const _ of updates) continue;
  }
  return { contestants, batches: cycled(second) };
}

/** The autoencoder's update in task 2 on an incoming batch and as many decoded latents as are replayed. */
export async function aeUpdateContest(input: BenchmarkInput, filling: number): Promise<Contest> {
  const { learner, naive, start, contestants } = await begun(input, filling);
  // So many batches that none is the last of the task.
  const second = secondTask(input);
  const [engineUpdates, stockUpdates] = start(second);
  const iterators = [iteratorOf(engineUpdates), iteratorOf(stockUpdates)];
  const reconstruct = [(images: tf.Tensor2D) => learner.reconstruct?.(images) ?? images, (images: tf.Tensor2D) => naive.reconstruct(images)];
  return {
    contestants: contestants.map((contestant, index) => ({
      name: contestant.name,
      // The update's loss stays within; a reconstruction is what can be waited for.
      async step(batch) {
        const { done = false } = await iterators[index].next();
        if (done) throw new RangeError(`The task has only ${second.length} batches; time fewer steps.`);
        return { data: () => dataOf(input.learner, batch, reconstruct[index]), dispose: () => undefined };
      },
      async dispose() {
        await iterators[index].return?.();
        await contestant.dispose();
      },
    })),
    batches: cycled(second),
  };
}

function secondTask({ later }: BenchmarkInput): readonly Batch[] {
  return later.filter(({ tasks }) => tasks[0] === 2);
}

function iteratorOf(updates: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  return Symbol.asyncIterator in updates ? updates[Symbol.asyncIterator]() : updates[Symbol.iterator]();
}

async function dataOf({ images }: LearnerInput, { samples, tasks }: Batch, reconstruct: (images: tf.Tensor2D) => tf.Tensor2D): Promise<void> {
  const made = tidy(() => reconstruct(images(samples.slice(0, 1), tasks).images));
  await made.data();
  made.dispose();
}
