import { imageBytes, type ImageSource } from '../../data/imageSource.ts';
import type { TrainingImages } from '../../methods/learner.ts';

/** Something on a graphics device, until it is let go. */
interface Held<Value> {
  readonly value: Value;
  /** Gives up one use; the buffer is destroyed after the last one. */
  readonly release: () => void;
}

/** Makes something on a device once for all who ask for it on behalf of the same object. */
function shared<Owner extends object, Value extends { readonly buffer: GPUBuffer }>(
  make: (device: GPUDevice, owner: Owner) => Value,
): (device: GPUDevice, owner: Owner) => Held<Value> {
  const made = new WeakMap<Owner, Map<GPUDevice, { readonly value: Value; users: number }>>();
  return (device, owner) => {
    const onDevices = made.get(owner) ?? new Map<GPUDevice, { readonly value: Value; users: number }>();
    made.set(owner, onDevices);
    const found = onDevices.get(device) ?? { value: make(device, owner), users: 0 };
    onDevices.set(device, found);
    found.users += 1;
    let released = false;
    return {
      value: found.value,
      release() {
        if (released) return;
        released = true;
        found.users -= 1;
        if (found.users > 0) return;
        onDevices.delete(device);
        found.value.buffer.destroy();
      },
    };
  };
}

function bufferOf(device: GPUDevice, bytes: Uint8Array<ArrayBuffer>): GPUBuffer {
  const buffer = device.createBuffer({
    size: bytes.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, bytes);
  return buffer;
}

/** Training images on the graphics device, as bytes in the order of their task's permutation. */
export interface ResidentImages {
  /** Per image its pixels, four to a word, and a word with its label. */
  readonly buffer: GPUBuffer;
  /** Where an image lies. Throws RangeError if it is not one of the training images. */
  rowOf(sample: number, task: number): number;
  /** Gives up one use of the buffer, which is destroyed after the last one. */
  readonly release: () => void;
}

/** The training images on a device; learners of the same experiment share them. */
export function residentImages(device: GPUDevice, training: TrainingImages): ResidentImages {
  const { value, release } = trainingImages(device, training);
  return {
    buffer: value.buffer,
    rowOf(sample, task) {
      const row = value.rows.get(keyOf(training, sample, task));
      if (row === undefined)
        throw new RangeError(
          `Training image ${sample} of task ${task} is not on the graphics device; the stream brought an image that no task lists.`,
        );
      return row;
    },
    release,
  };
}

function keyOf({ set }: TrainingImages, sample: number, task: number): number {
  return task * set.count + sample;
}

const trainingImages = shared((device, training: TrainingImages) => {
  const { set, view, tasks } = training;
  const words = Math.ceil(set.pixels.length / set.count / 4) + 1;
  const count = tasks.reduce((sum, task) => sum + task.train.length, 0);
  const bytes = new Uint8Array(4 * words * count);
  const rows = new Map<number, number>();
  for (const task of tasks) {
    for (const sample of task.train) {
      const row = rows.size;
      rows.set(keyOf(training, sample, task.number), row);
      bytes.set(imageBytes(set, view, sample, task.number), 4 * words * row);
      bytes[4 * (words * row + words - 1)] = set.labels[sample];
    }
  }
  return { buffer: bufferOf(device, bytes), rows };
});

/** All images of a source on a device: their pixels as they lie in the dataset, then their labels, as bytes. */
export const residentSource = shared((device, { bytes: { set } }: ImageSource) => {
  const labelsFrom = set.pixels.length;
  const bytes = new Uint8Array(4 * Math.ceil((labelsFrom + set.labels.length) / 4));
  bytes.set(set.pixels);
  bytes.set(set.labels, labelsFrom);
  return { buffer: bufferOf(device, bytes), labelsFrom };
});
