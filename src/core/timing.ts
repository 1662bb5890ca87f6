/** Middle and spread of a sample that may have outliers. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** The quartiles of at least one value, between neighbours by linear interpolation. */
export function quartiles(values: readonly number[]): Quartiles {
  if (values.length === 0) throw new RangeError('Quartiles need at least one value; there is none.');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.ceil(position);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}

/** Something to time: a method's step, or the updates of one network within it. */
export const subjectNames = [
  'fine-tune',
  'er',
  'er-mir',
  'vae-update',
  'gen',
  'gen-mir',
  'er-mir-resnet',
  'ae-update',
  'ae-er',
  'ae-mir',
] as const;
export type SubjectName = (typeof subjectNames)[number];

/** A contestant: this engine, stock operations of TensorFlow.js, or another library. */
export type ContestantName = 'engine' | 'stock' | 'jax-js';

/** Dispatches and submits per step, over a block, with the one result that is read back at its end. */
interface DeviceCalls {
  readonly dispatches: number;
  readonly submits: number;
}

/** How fast one contestant is. */
export interface ContestantTiming {
  readonly name: ContestantName;
  /** Milliseconds per step, over blocks. */
  readonly time: Quartiles;
  /** Its time over the engine's in each round of blocks: above 1, the engine is faster. Null for the engine itself. */
  readonly ratio: Quartiles | null;
  /** Milliseconds of JavaScript in a step until the backend has all of it, over single steps. */
  readonly javaScript: Quartiles;
  /** The commands of a step to the graphics device; null on backends other than webgpu. */
  readonly device: DeviceCalls | null;
}

/** How fast all contestants are at one subject. */
export interface BenchmarkTiming {
  readonly subject: SubjectName;
  /** Steps timed of each contestant. */
  readonly steps: number;
  /** Steps timed together. */
  readonly blockSteps: number;
  /** The engine first. */
  readonly contestants: readonly ContestantTiming[];
  /** What is alive on the backend before and after the timed steps, for all contestants together. */
  readonly tensors: { readonly before: number; readonly after: number };
  readonly bytes: { readonly before: number; readonly after: number };
}
