import type { Batch } from '../data/stream.ts';

/**
 * A memory with the same room for every task, which keeps the latest samples of each (Lopez-Paz & Ranzato
 * 2017, section 3).
 */
export class TaskMemory {
  private readonly perTask: number;
  private readonly byTask = new Map<number, { samples: number[]; labels: number[] }>();

  /** @param perTask samples kept of each task; at least 1 */
  constructor(perTask: number) {
    this.perTask = perTask;
  }

  /** Stores a batch of one task, in place of that task's oldest samples if there is no room. */
  add(batch: Batch): void {
    const [task] = batch.tasks;
    const { samples, labels } = this.byTask.get(task) ?? { samples: [], labels: [] };
    this.byTask.set(task, {
      samples: [...samples, ...batch.samples].slice(-this.perTask),
      labels: [...labels, ...batch.labels].slice(-this.perTask),
    });
  }

  /** What is kept of every task but the given one, in task order. */
  tasksExcept(task: number): Batch[] {
    return [...this.byTask]
      .filter(([other]) => other !== task)
      .map(([other, { samples, labels }]) => ({
        samples: Int32Array.from(samples),
        labels: Int32Array.from(labels),
        tasks: new Int32Array(samples.length).fill(other),
      }));
  }

  /** Labels and tasks of everything stored. */
  contents(): { readonly labels: readonly number[]; readonly tasks: readonly number[] } {
    const all = this.tasksExcept(0);
    return { labels: all.flatMap((batch) => [...batch.labels]), tasks: all.flatMap((batch) => [...batch.tasks]) };
  }
}
