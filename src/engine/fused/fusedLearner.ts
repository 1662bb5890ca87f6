import type * as tf from '@tensorflow/tfjs';
import { initialRetrieval } from '../config.ts';
import { Reservoir } from '../memory/reservoir.ts';
import { drawCandidates } from '../methods/drawCandidates.ts';
import type { Learner, LearnerInput, Replay, TrainingImages } from '../methods/learner.ts';
import { randomStream } from '../random.ts';
import { retrieveRandom } from '../retrieval/random.ts';
import { tidy } from '../tidy.ts';
import { FusedNetwork, type Iteration, type ReportCopy } from './fusedNetwork.ts';
import { layoutOf } from './layout.ts';
import { residentImages } from './residentImages.ts';
import { writeRecord } from './stepRecord.ts';
import type { Tiling } from './tiling.ts';
import { emptyTensor } from './webgpuBackend.ts';

/** What the fused learner needs beside what every learner gets. */
export interface FusedLearnerInput extends Omit<LearnerInput, 'images'> {
  readonly training: TrainingImages;
  /** Widths from the input to the logits. */
  readonly layers: readonly [number, number, number, number];
  readonly device: GPUDevice;
  readonly tiling: Tiling;
}

/** A learner whose parameters can be read back. */
export interface FusedLearner extends Learner {
  parameters(): Promise<Readonly<Record<string, Float32Array>>>;
}

/**
 * Fine-tuning, ER and ER-MIR of a network of two hidden layers on WebGPU: what methods/fineTune.ts and
 * methods/er.ts say, in at most 12 dispatches an iteration and one submit a batch. Draws the same numbers as
 * they do.
 */
export function fusedLearner({ config, classifier, classCount, training, layers, device, tiling }: FusedLearnerInput): FusedLearner {
  const { iterations, budget } = config;
  const replays = initialRetrieval(config.method) !== null;
  const memory = new Reservoir(replays ? config.memoryPerClass * classCount : 0, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const layout = layoutOf({ layers, candidates: replays ? config.candidates : 0, budget });
  const resident = residentImages(device, training);
  const network = tidy(() => new FusedNetwork({
    device, layout, tiling, iterations,
    initial: classifier.init(randomStream(config.seed, 'init')).parameters,
    images: resident.buffer,
    range: training.view.range,
    capacity: memory.capacity,
  }));
  const records = new Uint32Array(layout.record.stride * iterations);
  const constant = { againstBest: config.retrievalScore === 'mi2', rate: config.learningRate };

  return {
    stored: () => ({ labels: memory.labels.subarray(0, memory.size), tasks: memory.tasks.subarray(0, memory.size) }),
    observe(batch, retrieval, traced) {
      const used = retrieval ?? 'random';
      const drawn = Array.from({ length: iterations }, () => (replays ? drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom) : null));
      const insertions = replays ? memory.add(batch) : [];
      const losses = emptyTensor<tf.Rank.R1>([batch.samples.length], 'float32');
      const replayed: Replay[] = [];
      const steps = drawn.map((candidates, index): Iteration => {
        writeRecord(records.subarray(index * layout.record.stride, (index + 1) * layout.record.stride), layout, resident, {
          batch,
          candidates,
          byScore: candidates !== null && used === 'mir',
          insertions: index === iterations - 1 ? insertions : [],
        }, constant);
        const copies: ReportCopy[] = index === 0 ? [{ buffer: losses.buffer, from: layout.report.losses, count: batch.samples.length }] : [];
        if (candidates === null) return { kind: 'incoming', copies };
        const copied = (from: number, count: number, dtype: 'float32' | 'int32'): tf.Tensor1D => {
          const { tensor, buffer } = emptyTensor<tf.Rank.R1>([count], dtype);
          copies.push({ buffer, from, count });
          return tensor;
        };
        const count = candidates.slots.length;
        const picked = Math.min(budget, count);
        const scored = traced && index === 0;
        replayed.push({
          candidates,
          used,
          picks: used === 'mir' ? copied(layout.report.picks, picked, 'int32') : retrieveRandom(count, budget),
          traced: scored
            ? { scores: copied(layout.report.scores, count, 'float32'), mirPicks: copied(layout.report.picks, picked, 'int32') }
            : null,
        });
        return { kind: used === 'mir' || scored ? 'scored' : 'random', copies };
      });
      network.step(records, steps);
      return { losses: losses.tensor, replays: replayed };
    },
    classify: (images) => network.classify(images),
    parameters: () => network.parameters(),
    dispose() {
      network.dispose();
      resident.release();
    },
  };
}
