import type { Learner, LearnerInput } from './learner.ts';

export function gen(_input: LearnerInput): Learner {
  throw new Error('not written yet');
}
