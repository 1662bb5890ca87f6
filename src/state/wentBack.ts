import type { StartingPoint } from '../core/events.ts';
import type { LaneState, ShownRun } from './labState.ts';

/**
 * A run that goes on from the end of a task: of what was shown before, it keeps what happened up to there.
 *
 * @param run as it is before its first step
 * @param shown the same run as it was shown; null if nothing was
 */
export function wentBack(run: ShownRun, { step, task, lanes }: StartingPoint, shown: ShownRun | null): ShownRun {
  return {
    ...run,
    step,
    task,
    // A change at this very step was made after it.
    changes: shown?.changes.filter((change) => change.step < step) ?? [],
    lanes: run.lanes.map((lane, index): LaneState => {
      const before = shown?.lanes[index];
      const sameMethod = before?.method === lane.method ? before : lane;
      return {
        ...lane,
        evaluations: sameMethod.evaluations.filter((evaluation) => evaluation.step <= step),
        losses: sameMethod.losses.slice(0, step),
        trace: upTo(step, sameMethod.trace),
        reconstructions: upTo(step, sameMethod.reconstructions),
        ...lanes[index],
      };
    }),
  };
}

function upTo<Dated extends { readonly step: number }>(step: number, made: Dated | null): Dated | null {
  return made !== null && made.step <= step ? made : null;
}
