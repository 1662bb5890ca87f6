import * as tf from '@tensorflow/tfjs';
import { bufferOf, runProgram } from '../programs/runProgram.ts';
import type { ImageSet, ImageView } from '../../core/dataset.ts';

/** Images as bytes on the graphics device. */
interface ResidentImages {
  /** Bytes, four to a number, image after image. */
  readonly words: tf.Tensor1D;
  /** What each byte is to the network, [256]. */
  readonly levels: tf.Tensor1D;
  /** Where each number of an image comes from, a row for each task; null where no task permutes. */
  readonly places: tf.Tensor2D | null;
  /** Numbers in an image. */
  readonly size: number;
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
  /** As `tensors`, without labels, from indices on the graphics device; only on the webgpu backend. */
  gathered(samples: tf.Tensor1D, tasks: tf.Tensor1D): tf.Tensor2D;
  /** Brings the bytes of all images to the graphics device, where they stay until `dispose`; only on the webgpu backend. */
  bring(): void;
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
  const from = sample * target.length;
  const [low, high] = range;
  const scale = (high - low) / 255;
  const places = permutation(task);
  if (places === null) for (let i = 0; i < target.length; i++) target[i] = low + set.pixels[from + i] * scale;
  else for (let i = 0; i < target.length; i++) target[i] = low + set.pixels[from + places[i]] * scale;
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
  const bring = () => (resident ??= tidied(() => residentImages(set, view, size)));
  return {
    range: view.range,
    gathered: (samples, tasks) => gatherImages(bring(), samples, tasks),
    bring,
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

function tidied(bringing: () => ResidentImages): ResidentImages {
  const { words, levels, places, size } = bringing();
  // TensorFlow.js brings a tensor to the device when it is first used, which may be in the middle of a recording.
  for (const tensor of [words, levels, places]) if (tensor !== null) bufferOf(tf.keep(tensor));
  return { words, levels, places, size };
}

function residentImages(
  { pixels }: ImageSet,
  { range: [low, high], permutation, permutedTasks = 0 }: ImageView,
  size: number,
): ResidentImages {
  const words = new Int32Array(Math.ceil(pixels.length / 4));
  new Uint8Array(words.buffer).set(pixels);
  const scale = (high - low) / 255;
  const places = Array.from(
    { length: permutedTasks },
    (_, task) => permutation(task + 1) ?? Int32Array.from({ length: size }, (__, place) => place),
  );
  return {
    words: tf.tensor1d(words, 'int32'),
    levels: tf.tensor1d(Float32Array.from({ length: 256 }, (_, byte) => low + byte * scale)),
    places:
      places.length === 0
        ? null
        : tf.tensor2d(Int32Array.from(places.flatMap((row) => [...row])), [places.length, size], 'int32'),
    size,
  };
}
