import * as tf from '@tensorflow/tfjs';
import { onWebgpu } from '../programs/runProgram.ts';
import {
  type HostTensor,
  type ImageRows,
  mapTree,
  type MaskInput,
  type NormalsInput,
  numbers,
  type TensorsOf,
  isTensor,
} from './step.ts';
import { CheckpointError, type Saved } from '../../core/checkpoint.ts';

/** A node of a tree of inputs. */
type Node = HostTensor | ImageRows | NormalsInput | MaskInput | { readonly kind?: undefined };

/**
 * The numbers that inputs bring to the backend, in order. On WebGPU an image is only an index, because the images
 * themselves are on the device.
 */
export function numbersOf(inputs: unknown): HostTensor[] {
  const all: HostTensor[] = [];
  const keys = new Set<HostTensor>();
  mapTree(inputs, (node) => {
    const input = node as Node;
    switch (input.kind) {
      case 'numbers':
        all.push(input);
        return input;
      case 'images':
        input.source.bring(input.samples);
        all.push(
          numbers(input.samples),
          numbers(input.tasks),
          numbers(Int32Array.from(input.samples, input.source.labelOf)),
        );
        return input;
      case 'normals':
      case 'mask':
        if (!keys.has(input.key)) all.push(input.key);
        keys.add(input.key);
        return input;
      case undefined:
        return undefined;
      default:
        return input satisfies never;
    }
  });
  return all;
}

/** A number as a tensor. */
function tensorOf({ values, shape }: HostTensor): tf.Tensor {
  return tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32');
}

/** Inputs in the form that their step sees, from tensors of their numbers, in order; on the webgpu backend. */
export function assembled<Inputs>(inputs: Inputs, tensors: readonly tf.Tensor[]): TensorsOf<Inputs> {
  let next = 0;
  const keys = new Map<HostTensor, tf.Tensor>();
  return mapTree(inputs, (node) => {
    const input = node as Node;
    switch (input.kind) {
      case 'numbers':
        return tensors[next++];
      case 'images': {
        const [samples, tasks, labels] = tensors.slice(next, next + 3) as tf.Tensor1D[];
        next += 3;
        return { images: input.source.gathered(samples, tasks), labels };
      }
      case 'normals':
      case 'mask': {
        const key = keys.get(input.key) ?? tensors[next++];
        keys.set(input.key, key);
        return { ...input, key };
      }
      case undefined:
        return undefined;
      default:
        return input satisfies never;
    }
  }) as TensorsOf<Inputs>;
}

/** Inputs in the form that their step sees, brought to the backend now. */
export function tensorsOf<Inputs>(inputs: Inputs): TensorsOf<Inputs> {
  if (onWebgpu()) return assembled(inputs, numbersOf(inputs).map(tensorOf));
  return mapTree(inputs, (node) => {
    const input = node as Node;
    switch (input.kind) {
      case 'numbers':
        return tensorOf(input);
      case 'images':
        return input.source.tensors(input.samples, input.tasks);
      case 'normals':
      case 'mask':
        throw new TypeError('A learner was made on webgpu, whose device draws its numbers; make it on this backend.');
      case undefined:
        return undefined;
      default:
        return input satisfies never;
    }
  }) as TensorsOf<Inputs>;
}

/** The numbers of a tensor on the host. */
export type SavedValues = Float32Array | Int32Array;

/** A tensor as plain data. */
export interface SavedTensor {
  readonly shape: readonly number[];
  readonly values: SavedValues;
}

/** What is known of a tensor before its numbers. */
export interface Shaped {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** A tree whose tensors have become plain data. */
export function savedTree(tree: unknown, savedOf: (tensor: tf.Tensor) => SavedTensor): Saved {
  return mapTree(tree, (node) => (isTensor(node) ? savedOf(node) : undefined)) as Saved;
}

/**
 * A tree that was saved, in the form of another one. Where that has null, any tree will do: it is what a method has
 * only later.
 *
 * @param like a tree of tensors, or of their shapes
 * @param name of the tree, for messages
 * @throws CheckpointError if it is another tree, or numbers are missing
 */
export function checkedTree(saved: unknown, like: unknown, name: string): unknown {
  if (isSavedTensor(saved)) {
    if (like !== null && !isShaped(like)) throw new CheckpointError(`${name} belongs to another method or network`);
    return checkedTensor(saved, like, name);
  }
  if (saved === null && like === null) return null;
  if (typeof saved !== 'object' || saved === null || isShaped(like)) throw new CheckpointError(`${name} is missing`);
  const fields = saved as Readonly<Record<string, unknown>>;
  const wanted = (like ?? fields) as Readonly<Record<string, unknown>>;
  const foreign = Object.keys(fields).find((field) => !Object.hasOwn(wanted, field));
  if (foreign !== undefined) throw new CheckpointError(`${name}/${foreign} belongs to another method or network`);
  const checked = Object.keys(wanted).map((field) => [
    field,
    checkedTree(fields[field], like === null ? null : wanted[field], `${name}/${field}`),
  ]);
  return Array.isArray(wanted) ? checked.map(([, child]) => child) : Object.fromEntries(checked);
}

/** A tree that was saved, as tensors that have copies of its numbers. */
export function restoredTree(checked: unknown): unknown {
  return mapTree(checked, (node) => {
    if (!isSavedTensor(node)) return undefined;
    const { values, shape } = node;
    return tf.tensor(values.slice(), [...shape], values instanceof Int32Array ? 'int32' : 'float32');
  });
}

function isSavedTensor(node: unknown): node is SavedTensor {
  if (typeof node !== 'object' || node === null) return false;
  const { values } = node as Partial<SavedTensor>;
  return values instanceof Float32Array || values instanceof Int32Array;
}

function isShaped(node: unknown): node is Shaped {
  return typeof node === 'object' && node !== null && Array.isArray((node as Partial<Shaped>).shape);
}

function checkedTensor({ shape, values }: SavedTensor, like: Shaped | null, name: string): SavedTensor {
  const sizes = Array.isArray(shape) ? shape.join(' × ') : 'none';
  if (like !== null && sizes !== like.shape.join(' × '))
    throw new CheckpointError(`${name} has the sizes ${sizes} where ${like.shape.join(' × ')} are needed`);
  const size = shape.reduce((product, side) => product * side, 1);
  if (values.length !== size)
    throw new CheckpointError(`${name} has ${values.length} numbers where ${size} are needed`);
  if (like !== null && (like.dtype === 'int32') !== values instanceof Int32Array)
    throw new CheckpointError(`${name} has numbers of another kind`);
  return { shape, values };
}
