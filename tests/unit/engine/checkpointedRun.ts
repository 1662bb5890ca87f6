import { expect } from 'vitest';
import type { Checkpoint } from '../../../src/core/checkpoint.ts';
import { defaultSettings, type Retrieval, type RunConfig, scenarioSettings } from '../../../src/core/config.ts';
import type { ExperimentEvent } from '../../../src/core/events.ts';
import { imageSize, type WholeDataset } from '../../../src/core/dataset.ts';
import { type MethodName, methods } from '../../../src/core/methods.ts';
import { type ExperimentOptions, runExperiment } from '../../../src/engine/experiment.ts';
import { expectSame } from './expectSame.ts';

/** 5 tasks of `samplesPerTask` / 10 steps on digits of 6 × 6 pixels; every term of the latent search is on. */
export function smallLane(method: MethodName, change: Partial<RunConfig> = {}): RunConfig {
  return {
    ...defaultSettings,
    method,
    samplesPerTask: 20,
    hidden: 9,
    seed: 5,
    iterations: 2,
    memoryPerClass: 3,
    candidates: 12,
    budget: 4,
    evaluationInterval: 2,
    evaluationSize: 20,
    vaeHidden: 12,
    vaeLatents: 4,
    vaeDropout: 0.2,
    genIterations: 2,
    clsIterations: 2,
    replayBatches: 1,
    genLearningRate: 0.2,
    betaWarmup: 30,
    ascentSteps: 1,
    genReconstruction: 0.2,
    genKl: 0.5,
    genDiversity: 1,
    ...change,
  };
}

/** The same on pictures of 32 × 32 pixels: a ResNet, and an autoencoder. */
export function pictureLane(method: MethodName): RunConfig {
  return {
    ...scenarioSettings('split-cifar10'),
    method,
    filters: 1,
    samplesPerTask: 10,
    memoryPerClass: 1,
    candidates: 4,
    budget: 2,
    learningRate: 0.05,
    evaluationInterval: 10,
    evaluationSize: 10,
    seed: 4,
    aeFilters: 2,
    aeEpochs: 1,
    aeReplays: 2,
    aeCandidates: 4,
  };
}

/** A run with everything traced. Its retrievals change in the middle of tasks 2 and 4. */
export interface Traced {
  readonly events: readonly ExperimentEvent[];
  readonly checkpoints: readonly Checkpoint[];
}

/** @param last the task after which the run is stopped; left out, it goes to its end */
export async function traced(options: ExperimentOptions, last = Number.POSITIVE_INFINITY): Promise<Traced> {
  const events: ExperimentEvent[] = [];
  const checkpoints: Checkpoint[] = [];
  const steps = options.lanes[0].samplesPerTask / 10;
  let step = options.from?.step ?? 0;
  const retrievalOf = (): Retrieval | null => (step === steps + 1 ? 'mir' : step === 3 * steps + 1 ? 'random' : null);
  const run = runExperiment({
    ...options,
    retrievalOf,
    wantsTrace: () => true,
    onCheckpoint: (checkpoint) => checkpoints.push(structuredClone(checkpoint)),
  });
  for await (const event of run) {
    events.push(event);
    if (event.kind === 'stepped') ({ step } = event);
    if (checkpoints.length > 0 && event.kind === 'stepped' && event.task >= last) break;
  }
  return { events, checkpoints };
}

/** Images that are in memory only as long as tasks and memories of a run, or its evaluations, need them. */
class FleetingImages {
  readonly dataset: WholeDataset;
  /** How many images were last said to be needed. */
  readonly needed = { train: 0, test: 0 };

  constructor(dataset: WholeDataset) {
    this.dataset = dataset;
  }

  get options(): Pick<ExperimentOptions, 'dataset' | 'beforeTask' | 'beforeTest'> {
    const [train, test] = [this.#half('train'), this.#half('test')];
    const dataset = { ...this.dataset, train: train.set, test: test.set };
    return { dataset, beforeTask: train.before, beforeTest: test.before };
  }

  #half(half: 'train' | 'test') {
    const { count, labels, pixels } = this.dataset[half];
    const size = imageSize(this.dataset);
    let there = new Set<number>();
    const before = async (samples: Int32Array) => {
      // A while later, as from a browser's storage.
      await new Promise((resolve) => setTimeout(resolve));
      there = new Set(samples);
      this.needed[half] = there.size;
    };
    const subarray = (from: number, to: number) => {
      if (!there.has(from / size)) throw new Error(`Image ${from / size} of half "${half}" is not in memory.`);
      return pixels.subarray(from, to);
    };
    return { set: { count, labels, pixels: { length: pixels.length, subarray } }, before };
  }
}

/**
 * Compares a run with one that is stopped at the end of each task, frees everything, and goes on from its checkpoint:
 * losses, picks, scores, pictures, evaluations and results must be the same bits, and so must all that the checkpoints
 * hold. The latter also has its images by task, but on WebGPU, where a perceptron's go to the device beforehand.
 */
export async function expectSameRunInParts(options: ExperimentOptions & { dataset: WholeDataset }): Promise<Traced> {
  const whole = await traced(options);
  expect(whole.checkpoints).toHaveLength(5);
  const parts: ExperimentEvent[] = [];
  const fleeting = new FleetingImages(options.dataset);
  const inParts = options.backend.name === 'webgpu' ? options : { ...options, ...fleeting.options };
  let from: Checkpoint | null = null;
  for (const checkpoint of whole.checkpoints) {
    const part: Traced = await traced({ ...inParts, ...(from && { from }) }, checkpoint.task);
    expectSame(part.checkpoints[0], checkpoint);
    parts.push(...part.events.filter(({ kind }) => from === null || kind !== 'started'));
    [from] = part.checkpoints;
  }
  const end = await traced({ ...options, ...(from && { from }) });
  parts.push(...end.events.filter(({ kind }) => kind === 'finished'));
  expectSame(byKindAndLane(parts), byKindAndLane(whole.events));
  const inOrder = options.lanes.every(({ method }) => methods[method].stream.kind === 'sequential');
  if (inOrder && options.backend.name !== 'webgpu') {
    expect(fleeting.needed.train).toBeGreaterThan(0);
    expect(fleeting.needed.train).toBeLessThan(options.dataset.train.count);
    expect(fleeting.needed.test).toBeGreaterThan(0);
    // A class of one test image shows it all the time.
    expect(fleeting.needed.test).toBeLessThanOrEqual(options.dataset.test.count);
  }
  return whole;
}

/** In what order lanes report, and what is stored by then, depends on how quick the device is. */
function byKindAndLane(events: readonly ExperimentEvent[]): ReadonlyMap<string, readonly unknown[]> {
  const sorted = new Map<string, unknown[]>();
  for (const event of events) {
    const key = 'lane' in event ? `${event.kind} ${event.lane}` : event.kind;
    const compared =
      event.kind === 'progress'
        ? { ...event, counts: [event.counts.replayedByClass, event.counts.replayedByTask] }
        : event;
    sorted.set(key, [...(sorted.get(key) ?? []), compared]);
  }
  return sorted;
}
