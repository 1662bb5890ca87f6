import type { BackendName, Retrieval, RunConfig } from './config.ts';
import type { DataMark } from './dataset.ts';
import type { NegativeElbo } from './events.ts';
import type { Saved } from './saved.ts';

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
