import { lastingValues } from '../../core/checkpoint.ts';
import { type ClassHiding, experienceReplay, labelTerm } from './er.ts';
import type { LearnerInput, Method } from './learner.ts';

/** Added to a logit, it makes softmax give that class 0 in single precision; finite, so that it times 0 is 0. */
const hidden = -1e9;

/**
 * ER with Asymmetric Cross-Entropy (Caccia et al. 2022, section 4.1 and equation 3): new classes do not push the old
 * ones away. The loss of the incoming batch is over the classes of that batch; the loss of the replayed is over all, and
 * there alone do new and old compete.
 *
 * - Hidden from the incoming loss are the classes that earlier batches brought and this one has not. Classes that have
 *   not come at all stay in it: they are held down as in ER. So it is in the authors' code, which however tells them by
 *   their numbers, as those from the highest one seen on; here it is by what came, whatever the order of classes.
 * - Memories are drawn from the whole reservoir, the current task included. With past tasks alone new classes would never
 *   compete with old ones, and the newest would hardly be learnt.
 * - Both begin with the first batch: the method knows no tasks. What the network answers in a test is over all classes.
 * - The virtual step of `er-ace-mir` follows this incoming loss. Candidates are scored over all classes, and l* of a new
 *   memory is its loss over all classes, too.
 */
export function erAce(input: LearnerInput): Method {
  return experienceReplay(input, {
    name: 'er-ace',
    drawsCurrentTask: true,
    keepsLogits: false,
    hiding: seenButAbsent(input.classCount),
    terms: [labelTerm],
  });
}

/** Hides the classes that came earlier and are not in the batch. */
function seenButAbsent(classCount: number): ClassHiding {
  const seen: Record<string, boolean> = Object.fromEntries(
    Array.from({ length: classCount }, (_, label) => [String(label), false]),
  );
  return {
    penalties({ labels }) {
      const present = new Set(labels);
      for (const label of present) seen[label] = true;
      return Float32Array.from({ length: classCount }, (_, label) => (seen[label] && !present.has(label) ? hidden : 0));
    },
    lasting: lastingValues(seen),
  };
}
