import { initialRetrieval } from '../config.ts';
import { createLearner } from '../methods/createLearner.ts';
import type { BenchmarkInput } from './benchmarkInput.ts';
import { cycled } from './benchmarkInput.ts';
import type { Contest, Contestant, MakePeer } from './contest.ts';
import { engineContestant } from './engineContestant.ts';
import { naiveEr } from './naive/naiveEr.ts';

/**
 * The step of fine-tuning, ER or ER-MIR from task 2 on, when there is something to replay.
 *
 * @param filling batches of the first task to begin with, enough for the memory to hold C images
 */
export async function erContest({ learner: input, first, later }: BenchmarkInput, filling: number, makePeers: readonly MakePeer[]): Promise<Contest> {
  const retrieval = initialRetrieval(input.config.method);
  const naive = naiveEr(input, retrieval);
  const contestants: Contestant[] = [
    engineContestant(createLearner(input), retrieval),
    { name: 'stock', step: (batch) => naive.observe(batch), dispose: () => naive.dispose() },
    ...makePeers.map((makePeer) => makePeer(input, retrieval)),
  ];
  for (const contestant of contestants) {
    for (const batch of first.slice(0, filling)) (await contestant.step(batch)).dispose();
  }
  return { contestants, batches: cycled(later) };
}
