import { performance } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs';
import { initialRetrieval, type MethodName, type RunConfig } from '../../engine/config.ts';
import type { Dataset } from '../../engine/data/dataset.ts';
import { imageSource } from '../../engine/data/imageSource.ts';
import { sequentialStream, type Batch } from '../../engine/data/stream.ts';
import { createLearner } from '../../engine/methods/createLearner.ts';
import { classifierFor } from '../../engine/models/classifierFor.ts';
import { scenarios } from '../../engine/scenarios/scenarios.ts';
import { dispatchCounter } from './dispatchCounter.ts';
import { naiveLearner } from './naiveLearner.ts';
import { quartiles, type Quartiles } from './quartiles.ts';

/** How fast one method's step is, in ms, beside the stock composition of the same step. */
export interface MethodTiming {
  readonly method: MethodName;
  readonly steps: number;
  readonly engine: Quartiles;
  readonly stock: Quartiles;
  /** Stock time over engine time of each pair of blocks: above 1, the engine is faster. */
  readonly ratio: Quartiles;
  /** Milliseconds of JavaScript in a step, until it has been handed to the backend. */
  readonly javaScript: { readonly engine: Quartiles; readonly stock: Quartiles };
  /** What a step asks of the graphics device; null on other backends than webgpu. */
  readonly device: { readonly engine: DeviceCalls; readonly stock: DeviceCalls } | null;
  /** Alive on the backend before and after the steps that were timed. */
  readonly tensors: { readonly before: number; readonly after: number };
  readonly bytes: { readonly before: number; readonly after: number };
}

/** Dispatches and submits per step, reading back at the end of a block not counted. */
export interface DeviceCalls {
  readonly dispatches: number;
  readonly submits: number;
}

/** Steps timed together: training does not wait for each step's results, so a single one cannot be timed. */
const blockSteps = 5;
/** Enough for the memory to hold more than C images of the first task. */
const fillingSteps = 10;
/** Steps with replay before the clock starts: shaders and pools of buffers are made then. */
const warmUpSteps = 5;

/** A few batches of the first task to fill the memory, then the later tasks' batches, around and around. */
function* batchesOf(config: RunConfig, dataset: Dataset): Generator<Batch, never> {
  const tasks = scenarios[config.scenario].tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const batches = sequentialStream(tasks, dataset.train.labels).flatMap((step) => step.batches);
  yield* batches.filter((batch) => batch.tasks[0] === 1).slice(0, fillingSteps);
  const later = batches.filter((batch) => batch.tasks[0] !== 1);
  for (;;) yield* later;
}

/**
 * Times a method's step and the stock composition of it, block by block in turn, in this process, so that
 * whatever else the machine does falls on both.
 *
 * @param steps how many steps of each are timed
 * @param onBlock called after each pair of blocks with the steps done
 */
export async function measureMethod(
  dataset: Dataset,
  config: RunConfig,
  steps: number,
  onBlock: (done: number) => void,
): Promise<MethodTiming> {
  const scenario = scenarios[config.scenario];
  const view = scenario.view(config, dataset);
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const input = {
    config,
    classifier: classifierFor(config, dataset),
    images: imageSource(dataset.train, view),
    training: { set: dataset.train, view, tasks },
    imageShape: dataset.imageShape,
    classCount: dataset.classNames.length,
    taskCount: scenario.taskCount,
  };
  const retrieval = initialRetrieval(config.method);
  const engine = createLearner(input);
  const naive = naiveLearner(input, retrieval);
  const learners = {
    engine: async (batch: Batch) => {
      const { losses, replays } = await engine.observe(batch, retrieval, false);
      tf.dispose(replays.map(({ picks }) => picks));
      return losses;
    },
    stock: (batch: Batch) => naive.observe(batch),
  };
  type Rival = keyof typeof learners;
  const source = batchesOf(config, dataset);
  const counter = tf.getBackend() === 'webgpu' ? dispatchCounter() : null;
  const javaScript: Record<Rival, number[]> = { engine: [], stock: [] };
  const calls: Record<Rival, { dispatches: number; submits: number }> = { engine: { dispatches: 0, submits: 0 }, stock: { dispatches: 0, submits: 0 } };

  /** Lets one of the two learn the batches; the time ends when the last losses are on this side. */
  async function time(rival: Rival, batches: readonly Batch[]): Promise<number> {
    const start = performance.now();
    let last: tf.Tensor | null = null;
    for (const batch of batches) {
      last?.dispose();
      const [begun, dispatches, submits] = [performance.now(), counter?.dispatches ?? 0, counter?.submits ?? 0];
      last = await learners[rival](batch);
      javaScript[rival].push(performance.now() - begun);
      calls[rival].dispatches += (counter?.dispatches ?? 0) - dispatches;
      calls[rival].submits += (counter?.submits ?? 0) - submits;
    }
    await last?.data();
    last?.dispose();
    return (performance.now() - start) / batches.length;
  }
  const take = (count: number) => Array.from({ length: count }, () => source.next().value);

  const beginning = take(fillingSteps + warmUpSteps);
  await time('engine', beginning);
  await time('stock', beginning);
  for (const rival of ['engine', 'stock'] as const) {
    javaScript[rival] = [];
    calls[rival] = { dispatches: 0, submits: 0 };
  }
  const before = tf.memory();
  const times: Record<Rival, number[]> = { engine: [], stock: [] };
  for (let done = 0; done < steps; done += blockSteps) {
    const block = take(Math.min(blockSteps, steps - done));
    const engineFirst = times.engine.length % 2 === 0;
    for (const rival of engineFirst ? (['engine', 'stock'] as const) : (['stock', 'engine'] as const)) {
      times[rival].push(await time(rival, block));
    }
    onBlock(done + block.length);
  }
  const after = tf.memory();
  counter?.stop();
  const perStep = ({ dispatches, submits }: DeviceCalls): DeviceCalls => ({ dispatches: dispatches / steps, submits: submits / steps });
  engine.dispose();
  naive.dispose();
  return {
    method: config.method,
    steps,
    engine: quartiles(times.engine),
    stock: quartiles(times.stock),
    ratio: quartiles(times.stock.map((stock, block) => stock / times.engine[block])),
    javaScript: { engine: quartiles(javaScript.engine), stock: quartiles(javaScript.stock) },
    device: counter && { engine: perStep(calls.engine), stock: perStep(calls.stock) },
    tensors: { before: before.numTensors, after: after.numTensors },
    bytes: { before: before.numBytes, after: after.numBytes },
  };
}
