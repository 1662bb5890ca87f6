import * as tf from '@tensorflow/tfjs';
import { batchSize, type Retrieval } from '../../../core/config.ts';
import type { Batch } from '../../../core/stream.ts';
import type { Candidates, Insertion } from '../../retrieval/reservoir.ts';
import type { Evaluation, TrainingImages } from '../../methods/learner.ts';
import { tidy } from '../../models/parameters.ts';
import { bufferOf, emptyTensor } from '../../programs/runProgram.ts';
import { OutputReader } from '../../runner/outbox.ts';
import type { HostTensor, ImageRows, Output } from '../../runner/step.ts';
import type { FormInput, FormState, PerceptronForm } from '../perceptron.ts';
import { Evaluator } from './evaluation.ts';
import { type Layout, layoutOf, tilingFor } from './layout.ts';
import { FusedNetwork, type Iteration, type ReportCopy } from './network.ts';
import { type Operation, stepKindOf } from './stepPrograms.ts';
import { imageBytes } from '../../data/imageSource.ts';

/** Training images on the graphics device, as bytes in the order of their task's permutation. */
interface ResidentImages {
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
function residentImages(device: GPUDevice, training: TrainingImages): ResidentImages {
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

/** The operations and reads that an iteration has been asked for. */
interface Asked {
  readonly operations: Operation[];
  readonly copies: ReportCopy[];
  readonly incoming: number;
  readonly candidates: number;
}

/**
 * A perceptron of two hidden layers on WebGPU. It collects the operations of all iterations on a batch, writes what
 * they work on into records, and carries them out in one submit, at most 11 dispatches an iteration.
 */
export class FusedForm implements PerceptronForm {
  readonly #input: FormInput;
  readonly #layout: Layout;
  readonly #resident: ResidentImages;
  readonly #network: FusedNetwork;
  readonly #evaluator: Evaluator;
  readonly #reader = new OutputReader();
  /** What the iterations work on, in the words that the programs read. */
  readonly #records: Uint32Array<ArrayBuffer>;
  #asked: Asked[] = [];

  /** @param tiling how work is cut into threads */
  constructor(input: FormInput, device: GPUDevice, tiling = tilingFor(device, input.layers)) {
    const { training, candidates, budget, iterations } = input;
    const [inputs, hidden1, hidden2, classes] = input.layers;
    this.#input = input;
    this.#layout = layoutOf({ layers: [inputs, hidden1, hidden2, classes], candidates, budget });
    this.#resident = residentImages(device, training);
    this.#network = new FusedNetwork({
      device,
      layout: this.#layout,
      tiling,
      iterations,
      initial: input.initial,
      images: this.#resident.buffer,
      range: training.view.range,
      capacity: input.capacity,
    });
    this.#evaluator = new Evaluator(device, this.#layout, tiling);
    this.#records = new Uint32Array(this.#layout.record.stride * iterations);
  }

  forward({ samples, tasks }: Batch, candidates: Candidates | null, count: number): void {
    const incoming = samples.length;
    if (incoming > batchSize)
      throw new RangeError(`A batch has ${incoming} images; the fused step takes at most ${batchSize}.`);
    this.#asked.push({ operations: ['forward'], copies: [], incoming, candidates: count });
    const { record, shape } = this.#layout;
    const words = this.#words;
    words.fill(0);
    words[record.incoming] = incoming;
    words[record.candidates] = count;
    words[record.replayed] = Math.min(count, shape.budget);
    words[record.againstBest] = Number(this.#input.score === 'mi2');
    new Float32Array(words.buffer, words.byteOffset + 4 * record.rate, 1)[0] = this.#input.learningRate;
    // Unused rows compute on the first image, and the result is ignored.
    for (let i = 0; i < incoming; i++) words[record.imageOf + i] = this.#resident.rowOf(samples[i], tasks[i]);
    if (candidates === null) return;
    for (let c = 0; c < count; c++) {
      words[record.imageOf + batchSize + c] = this.#resident.rowOf(candidates.samples[c], candidates.tasks[c]);
      words[record.slots + c] = candidates.slots[c];
    }
  }

  backwardIncoming(): void {
    this.#iteration.operations.push('backwardIncoming');
  }

  virtualForward(): void {
    this.#iteration.operations.push('virtualForward');
  }

  score(): void {
    this.#iteration.operations.push('score');
  }

  rank(): void {
    this.#iteration.operations.push('rank');
  }

  lowerBestLosses(): void {
    this.#words[this.#layout.record.lowers] = 1;
  }

  backwardReplayed(retrieval: Retrieval): void {
    this.#iteration.operations.push('backwardReplayed');
    this.#words[this.#layout.record.byScore] = Number(retrieval === 'mir');
  }

  update(): void {
    this.#iteration.operations.push('update');
  }

  noteBestLosses(): void {
    this.#iteration.operations.push('noteBestLosses');
  }

  virtualIncoming(): void {
    this.#iteration.operations.push('virtualIncoming');
  }

  lookAgain(): void {
    this.#iteration.operations.push('lookAgain');
  }

  finishBatch(insertions: readonly Insertion[]): void {
    const { record } = this.#layout;
    const words = this.#words;
    words[record.insertions] = insertions.length;
    insertions.forEach(({ slot, position }, i) => {
      words[record.insertedSlots + i] = slot;
      words[record.insertedPositions + i] = position;
    });
    const iterations = this.#asked.map(
      ({ operations, copies }): Iteration => ({
        kind: stepKindOf(operations),
        copies,
      }),
    );
    this.#asked = [];
    this.#network.step(this.#records, iterations);
  }

  losses(): Output {
    return this.#reported(this.#layout.report.losses, this.#iteration.incoming, 'float32');
  }

  scores(): Output {
    return this.#reported(this.#layout.report.scores, this.#iteration.candidates, 'float32');
  }

  highest(): Output {
    return this.#reported(this.#layout.report.picks, this.#replayed, 'int32');
  }

  candidateLosses() {
    const { losses, virtualLosses, bestLosses } = this.#layout.report;
    const ofCandidates = (from: number) => this.#reported(from, this.#iteration.candidates, 'float32');
    return {
      losses: ofCandidates(losses + batchSize),
      virtualLosses: ofCandidates(virtualLosses + batchSize),
      bestLosses: ofCandidates(bestLosses),
    };
  }

  virtualIncomingLosses(): Output {
    return this.#reported(this.#layout.report.virtualLosses, this.#iteration.incoming, 'float32');
  }

  incomingAfter(): Output {
    return this.#reported(this.#layout.report.incomingAfter, this.#iteration.incoming, 'float32');
  }

  replayedAround() {
    const { replayedBefore, replayedAfter } = this.#layout.report;
    return {
      before: this.#reported(replayedBefore, this.#replayed, 'float32'),
      after: this.#reported(replayedAfter, this.#replayed, 'float32'),
    };
  }

  evaluate(rows: ImageRows): Evaluation {
    const { answers, losses } = this.#evaluator.evaluate(this.#network.parameters, rows);
    const loss = tidy(() => tf.mean(losses));
    losses.dispose();
    return { answers: this.#reader.output(answers), loss: this.#reader.output(loss), elbo: null };
  }

  save(): Promise<FormState> {
    return this.#network.save();
  }

  restore(state: FormState): void {
    this.#network.restore(state);
  }

  answer({ values, shape: [count, size] }: HostTensor<tf.Rank.R2>): Output {
    return this.#reader.output(
      tidy(() => this.#evaluator.answer(this.#network.parameters, tf.tensor2d(values, [count, size], 'float32'))),
    );
  }

  dispose(): void {
    this.#reader.dispose();
    this.#evaluator.dispose();
    this.#network.dispose();
    this.#resident.release();
  }

  get #iteration(): Asked {
    const iteration = this.#asked.at(-1);
    if (iteration === undefined) throw new Error('An iteration begins with a forward pass.');
    return iteration;
  }

  /** How many candidates are replayed. */
  get #replayed(): number {
    return Math.min(this.#input.budget, this.#iteration.candidates);
  }

  /** The record of the current iteration. */
  get #words(): Uint32Array<ArrayBuffer> {
    const { stride } = this.#layout.record;
    return this.#records.subarray(stride * (this.#asked.length - 1), stride * this.#asked.length);
  }

  /** A part of the report as it will be after the current iteration. */
  #reported(from: number, count: number, dtype: 'float32' | 'int32'): Output {
    const tensor = emptyTensor([count], dtype);
    this.#iteration.copies.push({ buffer: bufferOf(tensor), from, count });
    return this.#reader.output(tensor);
  }
}
