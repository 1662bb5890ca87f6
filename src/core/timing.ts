import { upperBounds } from './catalogue/baselines.ts';
import { type MethodName, methodNames, methods } from './methods.ts';

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

/** A method with a step of its own. The upper bounds take fine-tuning's, on another stream. */
type TimedMethod = Exclude<MethodName, keyof typeof upperBounds>;
const timedMethods = methodNames.filter((name): name is TimedMethod => !Object.hasOwn(upperBounds, name));

/** What can be timed apart from methods at their usual settings. */
const otherSubjects = ['vae-update', 'er-mir-resnet', 'ae-update'] as const;

/** Something to time: a method's step, or the updates of one network within it. */
export type SubjectName = TimedMethod | (typeof otherSubjects)[number];
export const subjectNames: readonly SubjectName[] = [...timedMethods, ...otherSubjects];

/** What is timed by default: every method, and the VAE's update, of which GEN takes many a step. Some minutes on wasm. */
export const usualSubjects: readonly SubjectName[] = [...timedMethods, 'vae-update'];

/** What is timed on Split MNIST. The others take other data, and minutes. */
export const mnistSubjects: readonly SubjectName[] = [
  ...timedMethods.filter((name) => methods[name].scenarios.includes('split-mnist')),
  'vae-update',
];

/** A contestant: this engine, stock operations of TensorFlow.js, or another library. */
export const contestantNames = ['engine', 'stock', 'jax-js'] as const;
export type ContestantName = (typeof contestantNames)[number];

/** Which rivals of the engine are wanted, where there are some. */
interface Rivals {
  readonly stock: boolean;
  /** Other libraries. */
  readonly peers: boolean;
}

const withPeers: readonly SubjectName[] = ['fine-tune', 'er', 'er-mir'];
const withStock: readonly SubjectName[] = [
  ...withPeers,
  ...(['vae-update', 'gen', 'gen-mir', 'er-mir-resnet', 'ae-update', 'ae-er', 'ae-mir'] as const),
];

/** Who does a subject, the engine first. */
export function contestantsOf(subject: SubjectName, { stock, peers }: Rivals): readonly ContestantName[] {
  return [
    'engine',
    ...(stock && withStock.includes(subject) ? (['stock'] as const) : []),
    ...(peers && withPeers.includes(subject) ? (['jax-js'] as const) : []),
  ];
}

/** Dispatches and submits per step, over a block, with the one result that is read back at its end. */
interface DeviceCalls {
  readonly dispatches: number;
  readonly submits: number;
}

/** What is alive on the backend. */
export interface Alive {
  readonly tensors: number;
  readonly bytes: number;
}

/** How fast one contestant is; milliseconds. */
export interface ContestantTiming {
  readonly name: ContestantName;
  /** One step until its result is here, over single steps. */
  readonly single: Quartiles;
  /** A step of many in a row, of which the last result is read, over blocks. */
  readonly inRow: Quartiles;
  /** In a row, over the engine's in each round: above 1, the engine is faster. Null for the engine itself. */
  readonly ratio: Quartiles | null;
  /** JavaScript in a step of a row until the backend has all of it, over these steps. */
  readonly javaScript: Quartiles;
  /** The same without the calls into the graphics driver; only of the engine on webgpu, else null. */
  readonly ownJavaScript: Quartiles | null;
  /** The commands of a step of a row to the graphics device; null on backends other than webgpu. */
  readonly device: DeviceCalls | null;
  /** Steps timed in a row. */
  readonly steps: number;
  /** Steps timed one by one. */
  readonly singles: number;
  /** What it has alive on the backend before and after the timed steps. */
  readonly alive: { readonly before: Alive; readonly after: Alive };
}

/** How fast all contestants are at one subject. */
export interface BenchmarkTiming {
  readonly subject: SubjectName;
  /** Blocks of each contestant, in turn with the others'. */
  readonly rounds: number;
  /** The engine first. */
  readonly contestants: readonly ContestantTiming[];
}
