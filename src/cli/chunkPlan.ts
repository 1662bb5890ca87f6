import { createHash } from 'node:crypto';
import { manifestFormat } from '../engine/data/manifest.ts';
import { neededSamples, splitTasks } from '../engine/data/stream.ts';
import type { Labels } from '../engine/scenarios/scenario.ts';
import { cifar10ValidationShare } from '../engine/scenarios/splitCifar10.ts';

/** How a dataset is cut into chunks. */
export interface ChunkRule {
  /** The classes of each task of the scenario that the cut is made for. */
  readonly classesByTask: readonly (readonly number[])[];
  /** What each of its tasks holds out. */
  readonly validationShare: number;
  /** Samples per task of ever longer runs: a chunk each, with what the run needs beyond the one before. */
  readonly levels: readonly number[];
  /** Into how many chunks the images that none of these runs needs are cut, in order. */
  readonly furtherChunks: number;
}

/** Which training images go into which chunk. */
export interface ChunkPlan {
  /** For each chunk the indices of its images, rising. */
  readonly chunks: readonly Int32Array[];
  /** For each training image the number of its chunk. */
  readonly chunkOf: Uint8Array;
  /** SHA-256 of everything that decides what the files hold; differs when they must be made anew. */
  readonly recipe: string;
}

const pairsOfClasses = [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]];

/** The default run needs one small chunk; the others are each under a megabyte. */
export const mnistChunks: ChunkRule = { classesByTask: pairsOfClasses, validationShare: 0.05, levels: [1_000], furtherChunks: 10 };

/** A shorter run needs less: 2,500 images for each 500 samples per task, about 6.5 MB. */
export const cifar10Chunks: ChunkRule = {
  classesByTask: pairsOfClasses,
  validationShare: cifar10ValidationShare,
  levels: Array.from({ length: 19 }, (_, index) => 500 * (index + 1)),
  furtherChunks: 1,
};

/** Seed of the runs that need the fewest chunks: the page's default. */
const seed = 0;

/**
 * Cuts the training images so that a run of seed 0 can start after a small download.
 *
 * @param source name of the package that the images come from
 */
export function planChunks(source: string, { train, test }: Labels, rule: ChunkRule): ChunkPlan {
  const placed = new Set<number>();
  const chunks: Int32Array[] = [];
  const place = (indices: Int32Array) => {
    if (indices.length === 0) return;
    chunks.push(indices);
    for (const index of indices) placed.add(index);
  };
  for (const samplesPerTask of rule.levels) {
    const needed = neededSamples(splitTasks(train, test, { seed, samplesPerTask }, rule.classesByTask, rule.validationShare));
    place(needed.filter((index) => !placed.has(index)).sort());
  }
  const rest = Int32Array.from(train.keys()).filter((index) => !placed.has(index));
  const length = Math.max(1, Math.ceil(rest.length / rule.furtherChunks));
  for (let from = 0; from < rest.length; from += length) place(rest.slice(from, from + length));

  const chunkOf = new Uint8Array(train.length);
  chunks.forEach((indices, chunk) => indices.forEach((index) => (chunkOf[index] = chunk)));
  const recipe = createHash('sha256')
    .update(`${manifestFormat} ${source} ${train.length} ${test.length} `)
    .update(train)
    .update(test)
    .update(chunkOf)
    .digest('hex');
  return { chunks, chunkOf, recipe };
}
