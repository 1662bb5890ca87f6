import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../config.ts';
import type { Learner } from '../methods/learner.ts';
import type { Contestant } from './contest.ts';

/** A learner of the engine in a contest; all that it returns beside the losses is freed. */
export function engineContestant(learner: Learner, retrieval: Retrieval | null): Contestant {
  return {
    name: 'engine',
    async step(batch) {
      const { losses, replays, replacedLatents } = await learner.observe(batch, retrieval, false);
      tf.dispose([replays.map(({ picks }) => picks), replacedLatents ?? []]);
      return losses;
    },
    dispose: () => learner.dispose(),
  };
}
