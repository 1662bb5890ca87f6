import type { ReplayCounts, TaskReport } from '../../engine/events.ts';

/** Shares of one class or task, as fractions of all picks so far and of the memory now. */
export interface Share {
  readonly picks: number;
  readonly memory: number;
}

export interface TaskShare extends Share {
  readonly number: number;
  readonly classes: readonly (Share & { readonly label: number })[];
}

function fractions(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

/** Which share of all picks so far, and of the memory now, each task and each of its classes has. */
export function replayShare(counts: ReplayCounts, tasks: readonly TaskReport[]): TaskShare[] {
  const picksByClass = fractions(counts.replayedByClass);
  const picksByTask = fractions(counts.replayedByTask);
  const memoryByClass = fractions(counts.storedByClass);
  const memoryByTask = fractions(counts.storedByTask);
  return tasks.map((task, index) => ({
    number: task.number,
    picks: picksByTask[index] ?? 0,
    memory: memoryByTask[index] ?? 0,
    classes: task.classes.map((label) => ({
      label,
      picks: picksByClass[label] ?? 0,
      memory: memoryByClass[label] ?? 0,
    })),
  }));
}
