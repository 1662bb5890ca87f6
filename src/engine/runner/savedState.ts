import * as tf from '@tensorflow/tfjs';
import { CheckpointError, type Saved } from '../../core/checkpoint.ts';
import { isTensor, mapTree } from './step.ts';

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
