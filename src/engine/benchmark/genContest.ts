import { initialRetrieval } from '../config.ts';
import { gen } from '../methods/gen.ts';
import { type BenchmarkInput, cycled } from './benchmarkInput.ts';
import type { Contest } from './contest.ts';
import { engineContestant } from './engineContestant.ts';
import { naiveGen } from './naive/naiveGen.ts';

/** Batches that the networks learn before they are frozen as the previous ones. */
const firstBatches = 2;

/** The step of GEN or GEN-MIR from task 2 on, when there are previous networks to replay from. */
export async function genContest({ learner: input, first, later }: BenchmarkInput): Promise<Contest> {
  const retrieval = initialRetrieval(input.config.method) ?? 'random';
  const [learner, naive] = [gen(input), naiveGen(input, retrieval)];
  const contestants = [
    engineContestant(learner, retrieval),
    { name: 'stock' as const, step: naive.observe.bind(naive), dispose: naive.dispose.bind(naive) },
  ];
  for (const contestant of contestants) {
    for (const batch of first.slice(0, firstBatches)) (await contestant.step(batch)).dispose();
  }
  await learner.finishTask?.();
  naive.finishTask();
  return { contestants, batches: cycled(later) };
}
