import type * as tf from '@tensorflow/tfjs';
import { type Dataset, imageSize, type ImageView } from '../core/dataset.ts';
import type { Lane } from './lane.ts';
import { numbers } from './runner/step.ts';

/**
 * Asks every lane what it takes images for, as it stands now. Training neither waits nor changes.
 *
 * @param bytes images one after another, as the dataset has them; a task that permutes pixels does not
 * @returns for each lane the probability of each class for each image, image by image; null for a lane that has stopped
 */
export type Ask = (bytes: Uint8Array) => Promise<readonly (ArrayLike<number> | null)[]>;

/** What asks some lanes. */
export function asking(
  lanes: readonly Lane[],
  { range: [low, high] }: Pick<ImageView, 'range'>,
  dataset: Pick<Dataset, 'imageShape'>,
): Ask {
  const size = imageSize(dataset);
  const scale = (high - low) / 255;
  return async (bytes) => {
    const values = Float32Array.from(bytes, (byte) => low + byte * scale);
    const images = numbers<tf.Rank.R2>(values, [bytes.length / size, size]);
    return Promise.all(
      lanes.map((lane) => (lane.stopped === null ? lane.learner.answer(images).read() : Promise.resolve(null))),
    );
  };
}
