import * as tf from '@tensorflow/tfjs';
import { onWebgpu } from '../programs/buffers.ts';
import {
  type HostTensor,
  type ImageRows,
  mapTree,
  type MaskInput,
  type NormalsInput,
  numbers,
  type TensorsOf,
} from './step.ts';

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

/** Brings the images of inputs to the device, so that they outlive the step that first uses them. */
export function bringImages(inputs: unknown): void {
  mapTree(inputs, (node) => {
    const input = node as Node;
    if (input.kind === 'images') input.source.bring();
    return input.kind === undefined ? undefined : node;
  });
}
