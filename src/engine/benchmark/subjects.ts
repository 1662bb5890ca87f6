import * as tf from '@tensorflow/tfjs';
import { presetConfig, type RunConfig } from '../../core/config.ts';
import { paperRows } from '../../core/paperRow.ts';
import type { Dataset } from '../../core/dataset.ts';
import type { BenchmarkTiming, SubjectName } from '../../core/timing.ts';
import { type Contest, type MakePeer, type Surroundings, timeContest } from './contest.ts';
import {
  aeContest,
  aeUpdateContest,
  type BenchmarkInput,
  benchmarkInput,
  erContest,
  genContest,
  vaeContest,
} from './contests.ts';

/** Something to time. */
export interface Subject {
  /** The paper's settings. */
  readonly config: RunConfig;
  /** Steps to time unless another number is asked for. */
  readonly steps: number;
  /** Steps timed together. */
  readonly blockSteps: number;
  /** On a graphics device, which compiles its programs as it meets them; on others only quick subjects warm up. */
  readonly warmUpSteps: number;
  readonly prepare: (input: BenchmarkInput, makePeers: readonly MakePeer[]) => Contest | Promise<Contest>;
}

/** A row of Table 1 on Split MNIST. */
function generative(method: 'gen' | 'gen-mir'): RunConfig {
  const row = paperRows.find(
    ({ table, config, variant }) =>
      table === 1 && config.scenario === 'split-mnist' && config.method === method && variant === '',
  );
  if (row === undefined) throw new Error(`Table 1 has no row of ${method}.`);
  return row.config;
}

/** The autoencoder learns in one pass here: how often it passes over a task does not change its step. */
const hybrid = (method: 'ae-er' | 'ae-mir') => presetConfig('split-cifar10', method, { aeEpochs: 1 });

const quick = {
  steps: 200,
  blockSteps: 10,
  warmUpSteps: 10,
  prepare: (input: BenchmarkInput, makePeers: readonly MakePeer[]) => erContest(input, 10, makePeers),
};
/** Their memories hold fewer latents than the paper's C: which of how many are replayed costs next to nothing beside replaying them. */
const hybridFilling = 10;
const slow = { steps: 2, blockSteps: 1, warmUpSteps: 1 };

/** Everything that can be timed, at the paper's settings. */
export const subjects: Readonly<Record<SubjectName, Subject>> = {
  'fine-tune': { ...quick, config: presetConfig('split-mnist', 'fine-tune') },
  er: { ...quick, config: presetConfig('split-mnist', 'er') },
  'er-mir': { ...quick, config: presetConfig('split-mnist', 'er-mir') },
  'vae-update': { config: generative('gen-mir'), steps: 8, blockSteps: 1, warmUpSteps: 1, prepare: vaeContest },
  gen: { config: generative('gen'), steps: 8, blockSteps: 1, warmUpSteps: 1, prepare: genContest },
  'gen-mir': { config: generative('gen-mir'), steps: 3, blockSteps: 1, warmUpSteps: 1, prepare: genContest },
  'er-mir-resnet': {
    ...slow,
    config: presetConfig('split-cifar10', 'er-mir'),
    prepare: (input) => erContest(input, 5, []),
  },
  'ae-update': {
    ...slow,
    steps: 6,
    config: hybrid('ae-er'),
    prepare: (input) => aeUpdateContest(input, hybridFilling),
  },
  'ae-er': { ...slow, config: hybrid('ae-er'), prepare: (input) => aeContest(input, hybridFilling) },
  'ae-mir': { ...slow, config: hybrid('ae-mir'), prepare: (input) => aeContest(input, hybridFilling) },
};

/**
 * Times one subject on the current backend.
 *
 * @param steps null for the subject's own number
 */
export async function timeSubject(
  name: SubjectName,
  dataset: Dataset,
  steps: number | null,
  surroundings: Surroundings,
  makePeers: readonly MakePeer[] = [],
): Promise<BenchmarkTiming> {
  const subject = subjects[name];
  const contest = await subject.prepare(benchmarkInput(dataset, subject.config), makePeers);
  const compiles = tf.getBackend() === 'webgpu' || tf.getBackend() === 'webgl';
  const warmUpSteps = compiles || subject.blockSteps > 1 ? subject.warmUpSteps : 0;
  return timeContest(
    contest,
    { subject: name, blockSteps: subject.blockSteps, warmUpSteps, steps: steps ?? subject.steps },
    surroundings,
  );
}
