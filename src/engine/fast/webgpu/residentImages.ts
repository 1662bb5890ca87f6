import { imageBytes } from '../../data/imageSource.ts';
import type { TrainingImages } from '../../methods/learner.ts';

/** Training images on the graphics device, as bytes in the order of their task's permutation. */
export interface ResidentImages {
  /** Per image its pixels, four to a word, and a word with its label. */
  readonly buffer: GPUBuffer;
  /** Where an image lies. Throws RangeError if it is not one of the training images. */
  rowOf(sample: number, task: number): number;
  /** Gives up one use of the buffer, which is destroyed after the last one. */
  release(): void;
}

interface Shared {
  readonly buffer: GPUBuffer;
  readonly rows: ReadonlyMap<number, number>;
  users: number;
}

const shared = new WeakMap<TrainingImages, Map<GPUDevice, Shared>>();

/** The training images on a device; learners of the same experiment share them. */
export function residentImages(device: GPUDevice, training: TrainingImages): ResidentImages {
  const onDevices = shared.get(training) ?? new Map<GPUDevice, Shared>();
  shared.set(training, onDevices);
  const found = onDevices.get(device) ?? uploaded(device, training);
  onDevices.set(device, found);
  found.users += 1;
  let released = false;
  return {
    buffer: found.buffer,
    rowOf(sample, task) {
      const row = found.rows.get(keyOf(training, sample, task));
      if (row === undefined)
        throw new RangeError(
          `Training image ${sample} of task ${task} is not on the graphics device; the stream brought an image that no task lists.`,
        );
      return row;
    },
    release() {
      if (released) return;
      released = true;
      found.users -= 1;
      if (found.users > 0) return;
      onDevices.delete(device);
      found.buffer.destroy();
    },
  };
}

function keyOf({ set }: TrainingImages, sample: number, task: number): number {
  return task * set.count + sample;
}

function uploaded(device: GPUDevice, training: TrainingImages): Shared {
  const { set, view, tasks } = training;
  const words = Math.ceil(set.pixels.length / set.count / 4) + 1;
  const count = tasks.reduce((sum, task) => sum + task.train.length, 0);
  const buffer = device.createBuffer({
    size: 4 * words * count,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
  });
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
  device.queue.writeBuffer(buffer, 0, bytes);
  return { buffer, rows, users: 0 };
}
