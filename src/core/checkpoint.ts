import type { z } from 'zod';
import type { BackendName, Retrieval, RunConfig } from './config.ts';
import type { DataMark } from './dataset.ts';
import type { NegativeElbo } from './events.ts';

/** Plain data that `structuredClone` takes: JSON and typed arrays. */
export type Saved =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Int32Array
  | readonly Saved[]
  | { readonly [name: string]: Saved };

/** What keeps a run from going on from a checkpoint: another version, data or settings; or it is not whole. */
export type CheckpointFault = 'version' | 'data' | 'settings' | 'damaged';

/** What cannot be continued from. The message says why, as a part of a sentence. */
export class CheckpointError extends Error {
  readonly fault: CheckpointFault;

  constructor(why: string, fault: CheckpointFault = 'damaged') {
    super(`The checkpoint cannot be used: ${why}. Start the run from its first step.`);
    this.name = 'CheckpointError';
    this.fault = fault;
  }
}

/** A part of a run that lasts from one step to the next. It gives what it holds as plain data, and takes it back. */
export interface Lasting {
  /** A copy of what it holds at the time of the call; the copy may arrive later. */
  save(): Saved | Promise<Saved>;
  /**
   * Takes back what {@link save} gave. What is given stays as it is.
   *
   * @param name of this part, for messages
   * @throws CheckpointError if it was saved by something else, or not all of it is there
   */
  restore(saved: Saved | undefined, name: string): void;
}

/** Several parts by name, as one. */
export function lastingParts(parts: Readonly<Record<string, Lasting>>): Lasting {
  return {
    save() {
      const saving = Object.entries(parts).map(([name, part]) => [name, part.save()] as const);
      return Promise.all(saving.map(async ([name, saved]) => [name, await saved] as const)).then(Object.fromEntries);
    },
    restore(saved, name) {
      const fields = fieldsOf(saved, Object.keys(parts), name);
      for (const [field, part] of Object.entries(parts)) part.restore(fields[field], `${name}/${field}`);
    },
  };
}

/** Numbers and flags by name, which change in place. */
export function lastingValues(values: Record<string, number | boolean>): Lasting {
  return {
    save: () => ({ ...values }),
    restore(saved, name) {
      const fields = fieldsOf(saved, Object.keys(values), name);
      for (const [field, present] of Object.entries(values)) {
        const value = fields[field];
        if (typeof value !== typeof present) throw new CheckpointError(`${name}/${field} is not a ${typeof present}`);
        values[field] = value as typeof present;
      }
    },
  };
}

/** A map from numbers to JSON, in its order. */
export function lastingMap<Value>(map: Map<number, Value>, schema: z.ZodType<[number, Value][]>): Lasting {
  return {
    save: () => structuredClone([...map]) as unknown as Saved,
    restore(saved, name) {
      const { success, data } = schema.safeParse(saved);
      if (!success) throw new CheckpointError(`${name} is not what this method keeps`);
      map.clear();
      for (const [key, value] of structuredClone(data)) map.set(key, value);
    },
  };
}

/**
 * The fields of an object that was saved.
 *
 * @throws CheckpointError unless it has exactly the fields `names`
 */
export function fieldsOf(
  saved: Saved | undefined,
  names: readonly string[],
  name: string,
): Readonly<Record<string, Saved>> {
  const isObject = typeof saved === 'object' && saved !== null && !Array.isArray(saved) && !ArrayBuffer.isView(saved);
  if (!isObject) throw new CheckpointError(`${name} is missing`);
  const fields = saved as Readonly<Record<string, Saved>>;
  const missing = names.find((field) => !Object.hasOwn(fields, field));
  if (missing !== undefined) throw new CheckpointError(`${name}/${missing} is missing`);
  const foreign = Object.keys(fields).find((field) => !names.includes(field));
  if (foreign !== undefined) throw new CheckpointError(`${name}/${foreign} belongs to another method or network`);
  return fields;
}

/**
 * Whole numbers that were saved.
 *
 * @throws CheckpointError unless there are `length` of them
 */
export function wholeNumbers(saved: Saved | undefined, length: number, name: string): Int32Array {
  if (!(saved instanceof Int32Array)) throw new CheckpointError(`${name} is not a list of whole numbers`);
  if (saved.length !== length)
    throw new CheckpointError(`${name} has ${saved.length} numbers where ${length} are needed`);
  return saved;
}

/** What a checkpoint looks like. A new number makes those of before unusable. */
export const checkpointFormat = 1;

/** One lane of a run at the end of a task. */
export interface LaneCheckpoint {
  readonly config: RunConfig;
  /** In force; null if the method replays nothing. */
  readonly retrieval: Retrieval | null;
  /** Why the lane stopped, as a sentence; null while it trains. */
  readonly stopped: string | null;
  /** Fractions of right answers at the ends of tasks, on the subset and on the complete set: a row for each. */
  readonly rows: { readonly subset: readonly (readonly number[])[]; readonly complete: readonly (readonly number[])[] };
  readonly elboByTask: readonly NegativeElbo[] | null;
  /** Of the last complete evaluation: how often a class, row by row, was taken for another; empty before the first. */
  readonly confusion: Uint32Array;
  /** Replayed so far, by class and by task. */
  readonly replayed: { readonly byClass: readonly number[]; readonly byTask: readonly number[] };
  /** Latents so far that were not finite and were replaced by draws from the prior. */
  readonly replacedLatents: number;
  /** Networks, memory, random numbers and counts of the method; null for a lane that has stopped. */
  readonly learner: Saved;
}

/**
 * A run at the end of a task: everything that it needs to go on from there as if nothing had happened. Plain data that
 * `structuredClone` takes. Where it goes on does not matter: the backend may be another one.
 */
export interface Checkpoint {
  readonly format: typeof checkpointFormat;
  readonly engineVersion: string;
  readonly data: DataMark;
  readonly evaluateOn: 'test' | 'validation';
  /** Evaluation interval in steps and subset size in test images, as chosen when the run began. */
  readonly evaluation: { readonly interval: number; readonly size: number };
  /** Where the steps up to here were taken. */
  readonly backend: BackendName;
  /** The last step of `task`. */
  readonly step: number;
  readonly task: number;
  readonly lanes: readonly LaneCheckpoint[];
}

/** The buffers of a checkpoint that is not needed any more where it is, to move it elsewhere. */
export function buffersOf(checkpoint: Checkpoint): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (node: unknown): void => {
    if (ArrayBuffer.isView(node)) buffers.add(node.buffer as ArrayBuffer);
    else if (typeof node === 'object' && node !== null) Object.values(node).forEach(visit);
  };
  visit(checkpoint.lanes);
  return [...buffers];
}
