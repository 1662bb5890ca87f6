import { squaredError } from '../models/losses.ts';
import { experienceReplay, labelTerm, type ReplayTerm } from './er.ts';
import type { LearnerInput, Method } from './learner.ts';

/**
 * How far a memory's logits have moved from those with which it was stored: the mean over classes of the squared
 * difference. The paper's equation 6 has the squared norm, which is the sum over classes; a mean over classes and batch
 * is what the authors' code takes, and what their values of α belong to.
 */
const storedAnswerTerm = (weight: number): ReplayTerm => ({
  weight,
  lossesOf(logits, { storedLogits }) {
    if (storedLogits === null) throw new Error('The memory keeps no logits, which dark experience replay learns.');
    return squaredError(logits, storedLogits);
  },
});

/**
 * What Dark Experience Replay and its extension have in common (Buzzega et al. 2020, section 3 and Algorithms 1 and 2).
 *
 * - The memory keeps, with each image, the logits that the network gave it just before the step in which it was stored,
 *   in training mode; they are never renewed. Where a batch is learnt in several iterations, it is the last one's step.
 * - Memories are drawn from the whole reservoir, those of the current task included: the method knows no tasks.
 * - Image by image a draw may hold several of the incoming task; none of the incoming batch, which is stored afterwards.
 */
const dark = { drawsCurrentTask: true, keepsLogits: true, hiding: null } as const;

/**
 * Dark Experience Replay (Buzzega et al. 2020, equation 6): cross-entropy of the incoming batch, and α times the
 * distance of a draw of B memories from their stored logits.
 */
export function der(input: LearnerInput): Method {
  return experienceReplay(input, { ...dark, name: 'der', terms: [storedAnswerTerm(input.config.derAlpha)] });
}

/**
 * DER++ (Buzzega et al. 2020, equation 7): DER, and β times the cross-entropy of B memories of a second, independent
 * draw. Each of the two draws passes through the network by itself, as in the authors' code.
 *
 * `der-pp-mir` is the composition with MIR, which no paper has. Each of the two draws is of C candidates, independently,
 * of which those B are learnt that the coming update would hurt most, by cross-entropy. So random retrieval, which takes
 * the first B of the same candidates, differs from it in the choice alone. With MIR for the second draw alone there is no
 * clear difference on images held out of Split MNIST (88.6 ± 1.7 against 88.5 ± 3.5 at α = 0.5 and β = 1, n = 3).
 */
export function derPp(input: LearnerInput): Method {
  const { derAlpha, derBeta } = input.config;
  return experienceReplay(input, {
    ...dark,
    name: 'der-pp',
    terms: [storedAnswerTerm(derAlpha), { ...labelTerm, weight: derBeta }],
  });
}
