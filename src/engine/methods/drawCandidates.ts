import type { Reservoir } from '../memory/reservoir.ts';
import { drawWithoutReplacement, type Random } from '../random.ts';
import type { Candidates } from './learner.ts';

/** Memories of other tasks, `count` of them or all there are, drawn without replacement; null if there are none. */
export function drawCandidates(memory: Reservoir, task: number, count: number, random: Random): Candidates | null {
  const eligible = memory.slotsOfOtherTasks(task);
  if (eligible.length === 0) return null;
  const slots = drawWithoutReplacement(eligible, Math.min(count, eligible.length), random);
  return {
    slots,
    samples: slots.map((slot) => memory.samples[slot]),
    labels: slots.map((slot) => memory.labels[slot]),
    tasks: slots.map((slot) => memory.tasks[slot]),
  };
}
