import { below, drawWithoutReplacement, type Random } from '../../core/random.ts';
import { CheckpointError, fieldsOf, type Lasting, type Saved, wholeNumbers } from '../../core/checkpoint.ts';
import type { Batch } from '../../core/stream.ts';

/** Where one sample of a batch was stored. */
export interface Insertion {
  /** Position in the batch. */
  readonly position: number;
  readonly slot: number;
}

/**
 * A memory of fixed size that holds a uniform sample of everything it was offered (Vitter 1985,
 * Algorithm R). A slot keeps the index of a training image, its label and its task.
 */
export class Reservoir implements Lasting {
  readonly capacity: number;
  readonly samples: Int32Array;
  readonly labels: Int32Array;
  readonly tasks: Int32Array;
  private offered = 0;
  private readonly random: Random;

  constructor(capacity: number, random: Random) {
    this.capacity = capacity;
    this.samples = new Int32Array(capacity);
    this.labels = new Int32Array(capacity);
    this.tasks = new Int32Array(capacity);
    this.random = random;
  }

  /** Slots in use. */
  get size(): number {
    return Math.min(this.offered, this.capacity);
  }

  /**
   * Offers a batch, one sample after another: the n-th sample offered in all is stored with probability capacity / n.
   *
   * @returns where samples are stored now; a sample that a later one of the same batch replaced is not listed
   */
  add(batch: Batch): Insertion[] {
    const positions = new Map<number, number>();
    for (let position = 0; position < batch.samples.length; position++) {
      this.offered += 1;
      const slot = this.offered <= this.capacity ? this.offered - 1 : below(this.offered, this.random);
      if (slot >= this.capacity) continue;
      this.samples[slot] = batch.samples[position];
      this.labels[slot] = batch.labels[position];
      this.tasks[slot] = batch.tasks[position];
      positions.set(slot, position);
    }
    return [...positions].map(([slot, position]) => ({ slot, position }));
  }

  /** Samples, labels and task numbers of what it holds. */
  contents(): Readonly<Record<'samples' | 'labels' | 'tasks', Int32Array>> {
    const [samples, labels, tasks] = [this.samples, this.labels, this.tasks].map((all) => all.subarray(0, this.size));
    return { samples, labels, tasks };
  }

  /** The slots whose task is the given one, in order. */
  slotsOfTask(task: number): Int32Array {
    return this.slotsOf(task, true);
  }

  /** The slots whose task is not the given one, in order; all of them for null. */
  slotsOfOtherTasks(task: number | null): Int32Array {
    return this.slotsOf(task, false);
  }

  save(): Saved {
    const [samples, labels, tasks] = [this.samples, this.labels, this.tasks].map((values) => values.slice());
    return { samples, labels, tasks, offered: this.offered, random: this.random.save() };
  }

  restore(saved: Saved | undefined, name: string): void {
    const fields = fieldsOf(saved, ['samples', 'labels', 'tasks', 'offered', 'random'], name);
    for (const field of ['samples', 'labels', 'tasks'] as const)
      this[field].set(wholeNumbers(fields[field], this.capacity, `${name}/${field}`));
    const { offered } = fields;
    if (!Number.isSafeInteger(offered) || Number(offered) < 0)
      throw new CheckpointError(`${name}/offered is not a whole number`);
    this.offered = Number(offered);
    this.random.restore(fields['random'], `${name}/random`);
  }

  private slotsOf(task: number | null, same: boolean): Int32Array {
    const slots = new Int32Array(this.size);
    let count = 0;
    for (let slot = 0; slot < slots.length; slot++) {
      if ((this.tasks[slot] === task) === same) slots[count++] = slot;
    }
    return slots.slice(0, count);
  }
}

/** The candidates of one retrieval, as they stood in the memory. */
export interface Candidates {
  readonly slots: Int32Array;
  readonly samples: Int32Array;
  readonly labels: Int32Array;
  readonly tasks: Int32Array;
}

/**
 * Draws `count` memories without replacement, or all if there are fewer; null if there are none.
 *
 * @param except the task whose memories are left out; null for none
 */
export function drawCandidates(
  memory: Reservoir,
  except: number | null,
  count: number,
  random: Random,
): Candidates | null {
  const eligible = memory.slotsOfOtherTasks(except);
  if (eligible.length === 0) return null;
  const slots = drawWithoutReplacement(eligible, Math.min(count, eligible.length), random);
  return {
    slots,
    samples: slots.map((slot) => memory.samples[slot]),
    labels: slots.map((slot) => memory.labels[slot]),
    tasks: slots.map((slot) => memory.tasks[slot]),
  };
}
