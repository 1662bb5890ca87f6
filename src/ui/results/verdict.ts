import type { EvaluationEvent } from '../../core/events.ts';
import { methods } from '../../core/methods.ts';
import type { LaneState, ShownRun } from '../../state/labState.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { laneWords, taskSpan } from '../parts/words.ts';

interface Remembered {
  readonly name: string;
  /** Mean accuracy on the tasks before the current one, as a fraction. */
  readonly past: number;
  /** Test images behind `past`. */
  readonly images: number;
  readonly evaluation: EvaluationEvent;
}

function remembered(lane: LaneState, index: number): Remembered | null {
  const evaluation = lane.evaluations.at(-1);
  if (evaluation === undefined || lane.stopped !== null || methods[lane.method].stream.kind !== 'sequential')
    return null;
  const seen = evaluation.accuracyByTask.filter((accuracy) => accuracy !== null);
  const before = seen.slice(0, evaluation.task - 1);
  if (before.length === 0) return null;
  return {
    name: `Lane ${laneIdentity(index).letter} (${laneWords(lane)})`,
    past: before.reduce((sum, accuracy) => sum + accuracy, 0) / before.length,
    images: (evaluation.testImages * before.length) / seen.length,
    evaluation,
  };
}

/** Two standard errors of the difference of two fractions counted on as many images each. */
function countingNoise(one: Remembered, other: Remembered): number {
  const variance = ({ past, images }: Remembered) => (past * (1 - past)) / Math.max(1, images);
  return 2 * Math.sqrt(variance(one) + variance(other));
}

/**
 * What the latest evaluations show about remembering, as one honest sentence; null while there is
 * nothing to say (no earlier task yet). It speaks of one run, so it never claims more than "so far"
 * or "in this run", and calls a difference within the counting noise no clear difference.
 */
export function verdict(shown: ShownRun): string | null {
  const lanes = shown.lanes.map(remembered).filter((lane) => lane !== null);
  const step = Math.max(0, ...lanes.map((lane) => lane.evaluation.step));
  const current = lanes.filter((lane) => lane.evaluation.step === step);
  const when = shown.totalSteps > 0 && step >= shown.totalSteps ? 'In this run' : 'So far';
  const first = current.at(0);
  if (first === undefined) return null;
  const tasks = taskSpan(first.evaluation.task - 1);
  if (current.length === 1) {
    return `${when}, ${first.name} still gets ${Math.round(100 * first.past)}% of ${tasks} right.`;
  }
  const sorted = current.toSorted((one, other) => other.past - one.past);
  const best = sorted[0];
  const worst = sorted[sorted.length - 1];
  const gap = best.past - worst.past;
  const points = Math.round(100 * gap);
  if (gap <= countingNoise(best, worst) || points < 1) {
    return `${when}, no clear difference: ${best.name} and ${worst.name} remember ${tasks} about equally well.`;
  }
  return `${when}, ${best.name} remembers ${points} ${points === 1 ? 'point' : 'points'} more of ${tasks} than ${worst.name}.`;
}
