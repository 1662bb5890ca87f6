import type { CSSProperties } from 'react';

/**
 * The custom properties of a stripe that stands for a task: a timeline in which that task's part is filled. Hue and
 * lightness run with the tasks, as in the viridis scale, and the place tells the same without colour.
 *
 * @param number 1 for the first task
 * @param tasks how many tasks there are
 */
export function taskStripe(number: number, tasks: number): CSSProperties {
  const share = (number - 1) / Math.max(1, tasks - 1);
  const hue = Math.round(305 - 205 * share);
  const lightness = (from: number, to: number) => `${Math.round(from + (to - from) * share)}%`;
  return {
    '--task': `light-dark(oklch(${lightness(42, 72)} 0.17 ${hue}), oklch(${lightness(58, 88)} 0.16 ${hue}))`,
    '--task-at': `${Math.round(100 * share)}%`,
    '--task-width': `${100 / Math.max(1, tasks)}%`,
  } as CSSProperties;
}
