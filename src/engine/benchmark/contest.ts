import type { Retrieval } from '../config.ts';
import type { Batch } from '../data/stream.ts';
import type { LearnerInput } from '../methods/learner.ts';
import type { ContestantName } from './benchmarkTiming.ts';

/** The last result of a step, such as its losses; a tensor is one. */
export interface Pending {
  /** Waits until the device has computed it. */
  data(): Promise<unknown>;
  dispose(): void;
}

/** One of those that do the same work. */
export interface Contestant {
  readonly name: ContestantName;
  /** Does one step; what it gives belongs to the caller. */
  step(batch: Batch): Pending | Promise<Pending>;
  dispose(): void | Promise<void>;
}

/** Contestants that have learnt as much as the work needs, and stand level. */
export interface Contest {
  /** The engine first. */
  readonly contestants: readonly Contestant[];
  /** Batches to learn; each contestant gets the same ones. Never ends. */
  readonly batches: Iterator<Batch, never>;
  /** Updates in a step, if what is timed is an update. */
  readonly updatesPerStep?: number;
}

/** Makes a contestant of another library, of fine-tuning, ER or ER-MIR with a perceptron. */
export type MakePeer = (input: LearnerInput, retrieval: Retrieval | null) => Contestant;
