import { batchSize } from './config.ts';
import { type MethodName, methods } from './methods.ts';

/** Steps after the first boundary that a first viewer sees slowly. */
const watchedSteps = 15;
/** Shorter tasks are over before there is anything to watch. */
const shortestTask = 60;

/** Steps per second at which the first boundary is watched. */
export const watchingSpeed = 3;

/**
 * The steps right after the first task, in which what was learnt is forgotten: after `from`, up to `to`. Null where
 * nothing stops coming, or where tasks are too short to watch.
 *
 * @param tasks each with its training images
 */
export function firstBoundary(
  lanes: readonly MethodName[],
  tasks: readonly { readonly train: { readonly length: number } }[],
): { readonly from: number; readonly to: number } | null {
  const steps = tasks.slice(0, 2).map(({ train }) => Math.floor(train.length / batchSize));
  if (steps.length < 2 || Math.min(steps[0], steps[1]) < shortestTask) return null;
  if (!lanes.some((method) => methods[method].stream.kind === 'sequential')) return null;
  return { from: steps[0], to: steps[0] + watchedSteps };
}
