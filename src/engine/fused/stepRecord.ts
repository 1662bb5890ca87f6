import { batchSize } from '../config.ts';
import type { Batch } from '../data/stream.ts';
import type { Insertion } from '../memory/reservoir.ts';
import type { Candidates } from '../methods/learner.ts';
import type { Layout } from './layout.ts';
import type { ResidentImages } from './residentImages.ts';

/** What one iteration works on. */
export interface IterationInput {
  readonly batch: Batch;
  /** Null replays nothing. */
  readonly candidates: Candidates | null;
  /** Whether the replayed are those of highest score; else they are the first. */
  readonly byScore: boolean;
  /** What of the batch is stored in the memory after this iteration. */
  readonly insertions: readonly Insertion[];
}

/** Writes an iteration's indices and numbers, in the words that the programs read. */
export function writeRecord(
  words: Uint32Array,
  { record, shape }: Layout,
  { rowOf }: Pick<ResidentImages, 'rowOf'>,
  input: IterationInput,
  constant: { readonly againstBest: boolean; readonly rate: number },
): void {
  const { batch, candidates, byScore, insertions } = input;
  const incoming = batch.samples.length;
  if (incoming > batchSize) throw new RangeError(`A batch has ${incoming} images; the fused step takes at most ${batchSize}.`);
  const count = candidates?.slots.length ?? 0;
  words[record.incoming] = incoming;
  words[record.candidates] = count;
  words[record.replayed] = Math.min(count, shape.budget);
  words[record.byScore] = Number(byScore);
  words[record.lowers] = Number(byScore);
  words[record.againstBest] = Number(constant.againstBest);
  new Float32Array(words.buffer, words.byteOffset + 4 * record.rate, 1)[0] = constant.rate;
  words[record.insertions] = insertions.length;
  // Rows that are not in use compute on the first image, and nothing comes of it.
  words.fill(0, record.imageOf, record.slots);
  for (let i = 0; i < incoming; i++) words[record.imageOf + i] = rowOf(batch.samples[i], batch.tasks[i]);
  if (candidates !== null) {
    for (let c = 0; c < count; c++) words[record.imageOf + batchSize + c] = rowOf(candidates.samples[c], candidates.tasks[c]);
    words.set(candidates.slots, record.slots);
  }
  insertions.forEach(({ slot, position }, i) => {
    words[record.insertedSlots + i] = slot;
    words[record.insertedPositions + i] = position;
  });
}
