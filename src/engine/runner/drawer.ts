import { type Random, type Purpose, randomStream, standardNormal } from '../../core/random.ts';
import { dropoutMask } from '../models/linear.ts';
import { onWebgpu } from '../programs/buffers.ts';
import { type MaskInput, type NormalsInput, numbers } from './step.ts';

/** A matrix to draw, and how it is told apart from the others of the same {@link Draws}. */
interface DrawnMatrix {
  /** Below 256. It is part of a step's code, so that it must be the same each time. */
  readonly number: number;
  readonly rows: number;
  readonly columns: number;
  /** What the host draws from where the device does not draw itself. */
  readonly random: Random;
}

/** Random numbers that a step takes together. */
export interface Draws {
  /** From the standard normal distribution. */
  normals(matrix: DrawnMatrix): NormalsInput;
  /** What dropout multiplies units by. */
  mask(matrix: DrawnMatrix, rate: number): MaskInput;
}

/** Gives draws by their number. On the host that number says nothing: each call draws on. */
export type Drawer = (count: number) => Draws;

const hostDraws: Draws = {
  normals: ({ rows, columns, random }) => numbers(standardNormal(rows * columns, random), [rows, columns]),
  mask: ({ rows, columns, random }, rate) => numbers(dropoutMask(rows * columns, rate, random), [rows, columns]),
};

/** Bits of each number of a key: a float holds them exactly. */
const keyBits = 24;

/**
 * On WebGPU the host draws only keys, from which the device draws the numbers (programs/draws.ts): drawing and bringing
 * over the masks of a step of GEN took the host far longer than all the rest.
 */
function deviceDrawer(seed: number, purpose: Purpose): Drawer {
  const random = randomStream(seed, purpose);
  const [first, second] = [random.next() >>> (32 - keyBits), random.next() >>> (32 - keyBits)];
  return (count) => {
    const key = numbers(Float32Array.of(first, second, count % 2 ** keyBits));
    return {
      normals: ({ number, rows, columns }) => ({ kind: 'normals', key, number, shape: [rows, columns] }),
      mask: ({ number, rows, columns }, rate) => ({ kind: 'mask', key, number, shape: [rows, columns], rate }),
    };
  };
}

let replaced: ((seed: number, purpose: Purpose) => Drawer) | null = null;

/** A drawer that depends on nothing but the seed and the purpose, and on whether the backend is webgpu. */
export function drawer(seed: number, purpose: Purpose): Drawer {
  if (replaced !== null) return replaced(seed, purpose);
  return onWebgpu() ? deviceDrawer(seed, purpose) : () => hostDraws;
}

/** Gives learners another drawer, for comparison; only while `make` runs. */
export function withDrawer<Result>(other: (seed: number, purpose: Purpose) => Drawer, make: () => Result): Result {
  replaced = other;
  try {
    return make();
  } finally {
    replaced = null;
  }
}
