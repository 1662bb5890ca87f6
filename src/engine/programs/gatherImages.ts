import * as tf from '@tensorflow/tfjs';
import { runProgram } from './runProgram.ts';

/** Images as bytes on the graphics device. */
export interface ResidentImages {
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
export function gatherImages(
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
