import { createHash } from 'node:crypto';
import { defaultExperiment } from '../engine/config.ts';
import { neededSamples } from '../engine/data/stream.ts';
import { splitMnist } from '../engine/scenarios/splitMnist.ts';
import { manifestFormat } from '../engine/data/manifest.ts';

/** Which training images go into which chunk. */
export interface ChunkPlan {
  /** For each chunk the indices of its images, rising. */
  readonly chunks: readonly Int32Array[];
  /** For each training image the number of its chunk. */
  readonly chunkOf: Uint8Array;
  /** SHA-256 of everything that decides what the files hold; differs when they must be made anew. */
  readonly recipe: string;
}

/** Chunks for the images that the default run does not need: each under a megabyte for MNIST. */
const furtherChunks = 10;

/**
 * Cuts the training images: the first chunk holds what the default run needs, so that it can start after a
 * small download; the others hold the rest in order.
 *
 * @param source name of the package that the images come from
 */
export function planChunks(source: string, trainLabels: Uint8Array, testLabels: Uint8Array): ChunkPlan {
  const first = neededSamples(splitMnist.tasks({ train: trainLabels, test: testLabels }, defaultExperiment)).sort();
  const inFirst = new Set(first);
  const rest = Int32Array.from(trainLabels.keys()).filter((index) => !inFirst.has(index));
  const length = Math.max(1, Math.ceil(rest.length / furtherChunks));
  const chunks = [first];
  for (let from = 0; from < rest.length; from += length) chunks.push(rest.slice(from, from + length));
  const chunkOf = new Uint8Array(trainLabels.length);
  chunks.forEach((indices, chunk) => indices.forEach((index) => (chunkOf[index] = chunk)));
  const recipe = createHash('sha256')
    .update(`${manifestFormat} ${source} ${trainLabels.length} ${testLabels.length} `)
    .update(trainLabels)
    .update(testLabels)
    .update(chunkOf)
    .digest('hex');
  return { chunks, chunkOf, recipe };
}
