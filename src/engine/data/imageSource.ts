import * as tf from '@tensorflow/tfjs';
import { bufferOf, emptyTensor, runProgram, webgpuBackend } from '../programs/runProgram.ts';
import type { ImageSet, ImageView } from '../../core/dataset.ts';

/** Images as bytes on the graphics device. */
interface ResidentImages {
  /** Bytes, four to a number, image after image. */
  readonly words: tf.Tensor;
  /** What each byte is to the network, [256]. */
  readonly levels: tf.Tensor1D;
  /** Where each number of an image comes from, a row for each task; null where no task permutes. */
  readonly places: tf.Tensor2D | null;
  /** Numbers in an image. */
  readonly size: number;
  /** 1 for each image that is there. */
  readonly there: Uint8Array;
}

/**
 * Images by their index, on the webgpu backend: indices go to the device, not images.
 *
 * @param rows which images, int32 [n]
 * @param tasks the task that shows each, int32 [n]
 * @returns [n, numbers in an image]
 */
function gatherImages(
  { words, levels, places, size }: ResidentImages,
  rows: tf.Tensor1D,
  tasks: tf.Tensor1D,
): tf.Tensor2D {
  const permuted = places !== null;
  const info = runProgram(
    {
      key: `gatherImages_${permuted ? 'permuted' : 'plain'}`,
      inputs: ['Words', 'Levels', 'Rows', ...(permuted ? ['Tasks', 'Places'] : [])],
      components: permuted ? [1, 1, 1, 1, 1] : [1, 1, 1],
      outputComponents: 1,
      outputShape: [rows.size, size],
      threads: rows.size * size,
      uniforms: 'count : i32, size : i32,',
      values: [
        { type: 'int32', data: [rows.size * size] },
        { type: 'int32', data: [size] },
      ],
      code: `
fn main(index : i32) {
  if (index >= uniforms.count) { return; }
  let image = index / uniforms.size;
  let place = ${permuted ? 'Places[(Tasks[image] - 1) * uniforms.size + index % uniforms.size]' : 'index % uniforms.size'};
  let at = Rows[image] * uniforms.size + place;
  let byte = (u32(Words[at / 4]) >> u32(8 * (at % 4))) & 255u;
  result[index] = Levels[byte];
}`,
    },
    permuted ? [words, levels, rows, tasks, places] : [words, levels, rows],
  );
  return tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor2D;
}

/** Labelled images as tensors: [n, numbers in an image] and int32 [n]. */
export interface LabelledTensors {
  readonly images: tf.Tensor2D;
  readonly labels: tf.Tensor1D;
}

/** The numbers that bytes 0 and 255 become. */
export type PixelRange = readonly [low: number, high: number];

/** Images of one half of a dataset, as tasks show them. */
export interface ImageSource {
  readonly range: PixelRange;
  /** [n, numbers in an image], with labels, int32 [n] */
  tensors(samples: Int32Array, tasks: Int32Array): LabelledTensors;
  readonly labelOf: (sample: number) => number;
  /**
   * As `tensors`, without labels, from indices on the graphics device, where those images have been brought; only on the
   * webgpu backend.
   */
  gathered(samples: tf.Tensor1D, tasks: tf.Tensor1D): tf.Tensor2D;
  /**
   * Brings the bytes of images to the graphics device, where they stay until `dispose`: of these at least, and of all
   * where all are in memory. Only on the webgpu backend.
   */
  bring(samples: Int32Array): void;
  dispose(): void;
  /** Writes the numbers of one image. */
  write(sample: number, task: number, target: Float32Array): void;
}

/** Images as the network sees them, as bytes: whole numbers from 0 to 255 in float32. */
export function asBytes(images: tf.Tensor2D, [low, high]: PixelRange): tf.Tensor2D {
  return tf.round(tf.mul(tf.sub(tf.clipByValue(images, low, high), low), 255 / (high - low)));
}

/** Bytes of one image as its task shows them; a copy only where the task permutes. */
export function imageBytes(set: ImageSet, view: ImageView, sample: number, task: number): Uint8Array {
  const size = set.pixels.length / set.count;
  const bytes = set.pixels.subarray(sample * size, (sample + 1) * size);
  const permutation = view.permutation(task);
  return permutation === null ? bytes : Uint8Array.from(permutation, (from) => bytes[from]);
}

/** Writes the numbers that a network sees for one image, as its task shows it. */
export function writeImage(
  set: ImageSet,
  { range, permutation }: ImageView,
  sample: number,
  task: number,
  target: Float32Array,
): void {
  const size = target.length;
  const bytes = set.pixels.subarray(sample * size, (sample + 1) * size);
  const [low, high] = range;
  const scale = (high - low) / 255;
  const places = permutation(task);
  if (places === null) for (let i = 0; i < target.length; i++) target[i] = low + bytes[i] * scale;
  else for (let i = 0; i < target.length; i++) target[i] = low + bytes[places[i]] * scale;
}

/** Images stay bytes until a batch needs them. */
export function imageSource(set: ImageSet, view: ImageView): ImageSource {
  const size = set.pixels.length / set.count;
  let resident: ResidentImages | null = null;
  let written = new Float32Array(0);
  /**
   * Room for numbers that become a tensor at once. The wasm backend copies them, so that the same room serves again:
   * what is dropped the browser keeps until it has tens of megabytes.
   */
  const room = (length: number) => {
    if (tf.getBackend() !== 'wasm') return new Float32Array(length);
    if (written.length < length) written = new Float32Array(length);
    return written.subarray(0, length);
  };
  const onDevice = () => (resident ??= residentImages(set, view, size));
  return {
    range: view.range,
    gathered: (samples, tasks) => gatherImages(onDevice(), samples, tasks),
    bring: (samples) => bringImages(set, onDevice(), samples),
    dispose() {
      if (resident !== null) tf.dispose([resident.words, resident.levels, resident.places ?? []]);
      resident = null;
    },
    labelOf: (sample) => set.labels[sample],
    write: (sample, task, target) => writeImage(set, view, sample, task, target),
    tensors(samples, tasks) {
      const values = room(samples.length * size);
      samples.forEach((sample, row) =>
        writeImage(set, view, sample, tasks[row], values.subarray(row * size, (row + 1) * size)),
      );
      return {
        images: tf.tensor2d(values, [samples.length, size]),
        labels: tf.tensor1d(
          Int32Array.from(samples, (sample) => set.labels[sample]),
          'int32',
        ),
      };
    },
  };
}

/** Room on the device for all images, without them. */
function residentImages(
  { count, pixels }: ImageSet,
  { range: [low, high], permutation, permutedTasks = 0 }: ImageView,
  size: number,
): ResidentImages {
  const scale = (high - low) / 255;
  const rows = Array.from(
    { length: permutedTasks },
    (_, task) => permutation(task + 1) ?? Int32Array.from({ length: size }, (__, place) => place),
  );
  const levels = tf.tensor1d(Float32Array.from({ length: 256 }, (_, byte) => low + byte * scale));
  const places =
    rows.length === 0
      ? null
      : tf.tensor2d(Int32Array.from(rows.flatMap((row) => [...row])), [rows.length, size], 'int32');
  const words = emptyTensor([Math.ceil(pixels.length / 4)], 'int32');
  // TensorFlow.js brings a tensor to the device when it is first used, which may be in the middle of a recording.
  for (const tensor of [words, levels, places]) if (tensor !== null) bufferOf(tf.keep(tensor));
  return { words, levels, places, size, there: new Uint8Array(count) };
}

/** Brings those images to the device that are not there. */
function bringImages({ pixels }: ImageSet, { words, size, there }: ResidentImages, samples: Int32Array): void {
  if (samples.every((sample) => there[sample] === 1)) return;
  const { queue } = webgpuBackend().device;
  const buffer = bufferOf(words);
  if (pixels instanceof Uint8Array) {
    // What is written comes in fours.
    const whole = pixels.length - (pixels.length % 4);
    queue.writeBuffer(buffer, 0, pixels, 0, whole);
    const rest = new Uint8Array(4);
    rest.set(pixels.subarray(whole));
    if (whole < pixels.length) queue.writeBuffer(buffer, whole, rest);
    there.fill(1);
    return;
  }
  if (size % 4 !== 0) throw new RangeError(`Images of ${size} numbers come one by one; their number must divide by 4.`);
  for (const sample of samples) {
    if (there[sample] === 1) continue;
    const bytes = pixels.subarray(sample * size, (sample + 1) * size);
    queue.writeBuffer(buffer, sample * size, bytes);
    there[sample] = 1;
  }
}
