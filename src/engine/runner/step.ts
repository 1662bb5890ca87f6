import * as tf from '@tensorflow/tfjs';
import type { ImageSource, LabelledTensors } from '../data/imageSource.ts';
import type { DrawnMask, DrawnNormals } from '../programs/draws.ts';
import { type Random, type Purpose, randomStream, standardNormal } from '../../core/random.ts';
import { dropoutMask } from '../models/layers.ts';
import { onWebgpu } from '../programs/runProgram.ts';

/**
 * What a method does with one batch: a pure function of state and inputs, whose tensors have fixed shapes. State and
 * outputs are trees of tensors. It frees no tensors; its runner does. ARCHITECTURE.md, "Recordings on WebGPU", says
 * what it must not do.
 */
export interface Step<State, Inputs, Outputs> {
  /** Names the step, with everything that changes what it does apart from the shapes of state and inputs. */
  readonly name: string;
  /** Set where the step runs too seldom, or with ever new shapes, to be worth a recording. */
  readonly once?: true;
  readonly run: (
    state: State,
    inputs: TensorsOf<Inputs>,
  ) => {
    /** The state after the step; parts may be those given. */
    readonly state: State;
    readonly outputs: Outputs;
  };
}

/** Numbers that a step takes from the host. Everything that changes from one step to the next comes this way. */
export interface HostTensor<R extends tf.Rank = tf.Rank> {
  readonly kind: 'numbers';
  readonly values: Float32Array | Int32Array;
  readonly shape: tf.ShapeMap[R];
}

/** A draw that the device makes (programs/draws.ts); draws may share a key, which is uploaded once. */
type DeviceDraw<Drawn extends { readonly key: tf.Tensor1D }> = Omit<Drawn, 'key'> & {
  readonly key: HostTensor<tf.Rank.R1>;
};

/** Numbers from the standard normal distribution, and what dropout multiplies units by. */
export type NormalsInput = HostTensor<tf.Rank.R2> | DeviceDraw<DrawnNormals>;
export type MaskInput = HostTensor<tf.Rank.R2> | DeviceDraw<DrawnMask>;

/** Images that a step takes, as their tasks show them. */
export interface ImageRows {
  readonly kind: 'images';
  readonly source: ImageSource;
  readonly samples: Int32Array;
  readonly tasks: Int32Array;
}

/** Numbers that a step gave, on their way to the host. */
export interface Output {
  readonly size: number;
  /** The numbers. Outputs that are read in the same turn come back together. */
  read(): Promise<ArrayLike<number>>;
  /** Gives them up unread. */
  drop(): void;
}

/** The inputs of a step in the form that it sees. */
export type TensorsOf<Inputs> =
  Inputs extends HostTensor<infer R>
    ? tf.Tensor<R>
    : Inputs extends ImageRows
      ? LabelledTensors
      : Inputs extends DeviceDraw<DrawnNormals>
        ? DrawnNormals
        : Inputs extends DeviceDraw<DrawnMask>
          ? DrawnMask
          : Inputs extends object
            ? { readonly [Name in keyof Inputs]: TensorsOf<Inputs[Name]> }
            : Inputs;

/** The outputs of a step in the form that its caller gets. */
export type OutputsOf<Outputs> = Outputs extends tf.Tensor
  ? Output
  : Outputs extends object
    ? { readonly [Name in keyof Outputs]: OutputsOf<Outputs[Name]> }
    : Outputs;

/** Numbers for a step; one-dimensional unless a shape is given. */
export function numbers(values: Float32Array | Int32Array): HostTensor<tf.Rank.R1>;
export function numbers<R extends tf.Rank>(values: Float32Array | Int32Array, shape: tf.ShapeMap[R]): HostTensor<R>;
export function numbers(values: Float32Array | Int32Array, shape: number[] = [values.length]): HostTensor {
  return { kind: 'numbers', values, shape };
}

/** One number for a step. */
export function scalar(value: number): HostTensor<tf.Rank.R0> {
  return { kind: 'numbers', values: Float32Array.of(value), shape: [] };
}

/** Numbers that are on the host already. */
export function given(values: ArrayLike<number>): Output {
  return { size: values.length, read: () => Promise.resolve(values), drop: () => undefined };
}

/** A tree in which `leaf` replaces nodes; where it returns undefined, the node's children are visited. */
export function mapTree(tree: unknown, leaf: (node: object) => unknown): unknown {
  if (typeof tree !== 'object' || tree === null) return tree;
  const replaced = leaf(tree);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(tree)) return tree.map((child) => mapTree(child, leaf));
  return Object.fromEntries(Object.entries(tree).map(([name, child]) => [name, mapTree(child, leaf)]));
}

/** Whether something is a tensor. */
export function isTensor(node: unknown): node is tf.Tensor {
  return node instanceof tf.Tensor;
}

/** The tensors of a tree, each once. */
export function leavesOf(tree: unknown): Set<tf.Tensor> {
  const leaves = new Set<tf.Tensor>();
  mapTree(tree, (node) => (isTensor(node) ? leaves.add(node) : undefined));
  return leaves;
}

/** Outputs as distinct tensors, none of which is in `taken`; clones where needed. */
export function distinct<Outputs>(outputs: Outputs, taken: Set<tf.Tensor>): Outputs {
  return mapTree(outputs, (node) => {
    if (!isTensor(node)) return undefined;
    const own = taken.has(node) ? tf.clone(node) : node;
    taken.add(own);
    return own;
  }) as Outputs;
}

/** A step that WebGPU does not play from a recording, though it would be quicker so. */
interface DirectStep {
  readonly step: string;
  /** As a part of a sentence. */
  readonly why: string;
}

/** The steps of each runner that is at work. */
const noted = new Map<object, DirectStep[]>();

/** Takes note of a step that a runner runs directly from now on. */
export function noteDirectStep(runner: object, step: DirectStep): void {
  noted.set(runner, [...(noted.get(runner) ?? []), step]);
}

/** A runner has come to its end. */
export function forgetDirectSteps(runner: object): void {
  noted.delete(runner);
}

/** The steps of all runners at work that are not recorded, as sentences, each once. */
export function directStepWords(): string[] {
  const words = [...noted.values()].flat().map(({ step, why }) => `The step "${step}" runs directly: ${why}.`);
  return [...new Set(words)];
}

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
