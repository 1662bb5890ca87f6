import type * as tf from '@tensorflow/tfjs';
import { batchSize, initialRetrieval } from '../../../core/config.ts';
import { randomStream } from '../../../core/random.ts';
import type { Batch } from '../../../core/stream.ts';
import { type Candidates, drawCandidates, type Insertion, Reservoir } from '../../memory/reservoir.ts';
import { judged } from '../../methods/evaluate.ts';
import type { Learner, LearnerInput, Replay, TrainingImages } from '../../methods/learner.ts';
import { tidy } from '../../models/parameters.ts';
import { OutputReader } from '../../runner/outputReader.ts';
import { given, type Output } from '../../runner/step.ts';
import { emptyTensor, type ResidentImages, residentImages } from './device.ts';
import { type Layout, layoutOf } from './layout.ts';
import { FusedNetwork, type Iteration, type ReportCopy } from './network.ts';
import type { Tiling } from './program.ts';

/** What one iteration works on. */
interface IterationInput {
  readonly batch: Batch;
  /** Null replays nothing. */
  readonly candidates: Candidates | null;
  /** Whether the replayed are those of highest score; else they are the first. */
  readonly byScore: boolean;
  /** What of the batch is stored in the memory after this iteration. */
  readonly insertions: readonly Insertion[];
}

/** Writes an iteration's indices and numbers, in the words that the programs read. */
function writeRecord(
  words: Uint32Array,
  { record, shape }: Layout,
  { rowOf }: Pick<ResidentImages, 'rowOf'>,
  input: IterationInput,
  constant: { readonly againstBest: boolean; readonly rate: number },
): void {
  const { batch, candidates, byScore, insertions } = input;
  const incoming = batch.samples.length;
  if (incoming > batchSize)
    throw new RangeError(`A batch has ${incoming} images; the fused step takes at most ${batchSize}.`);
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
    for (let c = 0; c < count; c++)
      words[record.imageOf + batchSize + c] = rowOf(candidates.samples[c], candidates.tasks[c]);
    words.set(candidates.slots, record.slots);
  }
  insertions.forEach(({ slot, position }, i) => {
    words[record.insertedSlots + i] = slot;
    words[record.insertedPositions + i] = position;
  });
}

/** What the fused learner needs beside what every learner gets. */
export interface FusedLearnerInput extends Omit<LearnerInput, 'images'> {
  readonly training: TrainingImages;
  /** Widths from the input to the logits. */
  readonly layers: readonly [number, number, number, number];
  readonly device: GPUDevice;
  readonly tiling: Tiling;
}

/** A learner whose parameters can be read back. */
interface FusedLearner extends Learner {
  parameters(): Promise<Readonly<Record<string, Float32Array>>>;
}

/**
 * Fine-tuning, ER and ER-MIR of a network of two hidden layers on WebGPU: what methods/fineTune.ts and
 * methods/er.ts say, in at most 12 dispatches an iteration and one submit a batch. Draws the same numbers as
 * they do.
 */
export function fusedLearner({
  config,
  classifier,
  classCount,
  training,
  layers,
  device,
  tiling,
}: FusedLearnerInput): FusedLearner {
  const { iterations, budget } = config;
  const replays = initialRetrieval(config.method) !== null;
  const memory = new Reservoir(replays ? config.memoryPerClass * classCount : 0, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const layout = layoutOf({ layers, candidates: replays ? config.candidates : 0, budget });
  const resident = residentImages(device, training);
  const network = tidy(
    () =>
      new FusedNetwork({
        device,
        layout,
        tiling,
        iterations,
        initial: classifier.init(randomStream(config.seed, 'init')).parameters,
        images: resident.buffer,
        range: training.view.range,
        capacity: memory.capacity,
      }),
  );
  const reader = new OutputReader();
  const records = new Uint32Array(layout.record.stride * iterations);
  const constant = { againstBest: config.retrievalScore === 'mi2', rate: config.learningRate };

  return {
    stored: () => memory.contents(),
    observe(batch, retrieval, traced) {
      const used = retrieval ?? 'random';
      const drawn = Array.from({ length: iterations }, () =>
        replays ? drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom) : null,
      );
      const insertions = replays ? memory.add(batch) : [];
      const losses = emptyTensor<tf.Rank.R1>([batch.samples.length], 'float32');
      const replayed: Replay[] = [];
      const steps = drawn.map((candidates, index): Iteration => {
        writeRecord(
          records.subarray(index * layout.record.stride, (index + 1) * layout.record.stride),
          layout,
          resident,
          {
            batch,
            candidates,
            byScore: candidates !== null && used === 'mir',
            insertions: index === iterations - 1 ? insertions : [],
          },
          constant,
        );
        const copies: ReportCopy[] =
          index === 0 ? [{ buffer: losses.buffer, from: layout.report.losses, count: batch.samples.length }] : [];
        if (candidates === null) return { kind: 'incoming', copies };
        const copied = (from: number, count: number, dtype: 'float32' | 'int32'): Output => {
          const { tensor, buffer } = emptyTensor<tf.Rank.R1>([count], dtype);
          copies.push({ buffer, from, count });
          return reader.output(tensor);
        };
        const count = candidates.slots.length;
        const picked = Math.min(budget, count);
        const scored = traced && index === 0;
        replayed.push({
          candidates,
          used,
          picks:
            used === 'mir'
              ? copied(layout.report.picks, picked, 'int32')
              : given(Array.from({ length: picked }, (_, position) => position)),
          traced: scored
            ? {
                scores: copied(layout.report.scores, count, 'float32'),
                mirPicks: copied(layout.report.picks, picked, 'int32'),
              }
            : null,
        });
        return { kind: used === 'mir' || scored ? 'scored' : 'random', copies };
      });
      network.step(records, steps);
      return { losses: reader.output(losses.tensor), replays: replayed, decoded: null, replacedLatents: [] };
    },
    evaluate({ source, samples, tasks }) {
      const { right, loss } = tidy(() => {
        const { images, labels } = source.tensors(samples, tasks);
        return judged(network.classify(images), labels);
      });
      return { right: reader.output(right), loss: reader.output(loss), elbo: null };
    },
    parameters: () => network.parameters(),
    dispose() {
      reader.dispose();
      network.dispose();
      resident.release();
    },
  };
}
