import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import type { Batch } from '../../core/stream.ts';
import type { Alive, ContestantName } from '../../core/timing.ts';
import type { LearnerInput } from '../methods/learner.ts';
import { onWebgpu, submitHeldBack, webgpuBackend } from '../programs/runProgram.ts';
import { withStockKernels } from '../programs/ownKernels.ts';
import type { Output } from '../runner/step.ts';
import type { Block, Entrant } from './contest.ts';

/** Counts what is asked of a graphics device. */
interface DispatchCounter {
  readonly dispatches: number;
  readonly submits: number;
  /** Leaves the device's classes as they were. */
  stop(): void;
}

/**
 * Starts to count all dispatches and submits of this process, those of recordings that are played, too; null where WebGPU
 * has not been started.
 */
export function dispatchCounter(): DispatchCounter | null {
  // Node has no WebGPU of its own; startNodeBackend provides it.
  const { GPUComputePassEncoder: pass, GPUQueue: queue } = globalThis as {
    readonly GPUComputePassEncoder?: typeof GPUComputePassEncoder;
    readonly GPUQueue?: typeof GPUQueue;
  };
  if (pass === undefined || queue === undefined) return null;
  const counter = { dispatches: 0, submits: 0 };
  // They are called with the encoder and the queue they were taken from.
  // oxlint-disable-next-line typescript/unbound-method
  const original = { dispatch: pass.prototype.dispatchWorkgroups, submit: queue.prototype.submit };
  pass.prototype.dispatchWorkgroups = function (x, y, z) {
    counter.dispatches += 1;
    original.dispatch.call(this, x, y, z);
    return undefined;
  };
  queue.prototype.submit = function (commands) {
    counter.submits += 1;
    original.submit.call(this, commands);
    return undefined;
  };
  return Object.assign(counter, {
    stop() {
      pass.prototype.dispatchWorkgroups = original.dispatch;
      queue.prototype.submit = original.submit;
    },
  });
}

/**
 * Does some work whose commands never reach the graphics device: its encoders and its queue take them and do nothing. What
 * is recorded then is of no use, and what is read then means nothing.
 */
export async function withoutDevice<Result>(work: () => Promise<Result>): Promise<Result> {
  const device = GPUDevice.prototype;
  const [encoder, pass, queue] = [GPUCommandEncoder.prototype, GPUComputePassEncoder.prototype, GPUQueue.prototype];
  const usual = [device, encoder, pass, queue].map(
    (kind) => [kind, Object.getOwnPropertyDescriptors<object>(kind)] as const,
  );
  submitHeldBack();
  for (const [kind, properties] of usual.slice(1))
    for (const [name, { value }] of Object.entries(properties))
      if (typeof value === 'function' && name !== 'constructor') Object.assign(kind, { [name]: () => undefined });
  device.createCommandEncoder = () => Object.create(encoder) as GPUCommandEncoder;
  encoder.beginComputePass = () => Object.create(pass) as GPUComputePassEncoder;
  try {
    return await work();
  } finally {
    submitHeldBack();
    for (const [kind, properties] of usual) Object.defineProperties(kind, properties);
  }
}

/** A tensor of stock operations as an output; it belongs to the output from now on, which is read at most once. */
export function outputOf(tensor: tf.Tensor1D): Output {
  return {
    size: tensor.size,
    async read() {
      const values = await tensor.data();
      tensor.dispose();
      return values;
    },
    drop: () => tensor.dispose(),
  };
}

/** The output of a step that gives nothing to read: it is here when the device has done all its work. */
export const whenDone: Output = {
  size: 0,
  async read() {
    await drain();
    return [];
  },
  drop: () => undefined,
};

/** One of the contestants that do the same work. */
export interface Contestant {
  /** Does one step; gives a result of it, such as its losses, to be read or dropped. */
  step(batch: Batch): Output | Promise<Output>;
  dispose(): void | Promise<void>;
}

/** A contestant that has learnt as much as the work needs. */
export interface Prepared extends Contestant {
  /** Batches to learn; every contestant gets the same ones. Never ends. */
  readonly batches: Iterator<Batch, never>;
  /** Updates in a step, if what is timed is an update. */
  readonly updatesPerStep?: number;
}

/** Makes a contestant of another library, of fine-tuning, ER or ER-MIR with a perceptron. */
export type MakePeer = (input: LearnerInput, retrieval: Retrieval | null) => Contestant;

/** Milliseconds since some moment. */
export type Clock = () => number;

/** Prepares a contestant in this process and lets it warm up. */
export async function startStopwatch(
  name: ContestantName,
  prepare: () => Prepared | Promise<Prepared>,
  now: Clock,
): Promise<Entrant> {
  let alive: Alive = { tensors: 0, bytes: 0 };
  /** Works with the kernels that are the contestant's own, and adds up what it leaves on the backend. */
  async function own<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const before = tf.memory();
    const result = await (name === 'stock' ? withStockKernels(async () => work()) : work());
    const after = tf.memory();
    alive = {
      tensors: alive.tensors + after.numTensors - before.numTensors,
      bytes: alive.bytes + after.numBytes - before.numBytes,
    };
    return result;
  }

  const prepared = await own(prepare);
  const end = () => own(() => prepared.dispose());
  try {
    const pace = await own(() => warmUp(prepared, now));
    return {
      name,
      pace,
      async block(steps) {
        await settle();
        const before = alive;
        const times = await own(() => timeBlock(prepared, steps, now));
        const ownJavaScript =
          name === 'engine' && onWebgpu() ? await own(() => withoutDevice(() => timeSilent(prepared, now))) : null;
        return { ...times, ownJavaScript, alive: { before, after: alive } };
      },
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Milliseconds for which quick steps warm up, and the most that do. */
const warmUpDuration = 300;
const mostWarmUpSteps = 100;

/**
 * Steps before the clock counts: recordings, compiled programs and pools of buffers are made in the first one, and the
 * JavaScript engine compiles in those after it. Gives the time of the fastest of these.
 */
async function warmUp(contestant: Prepared, now: Clock): Promise<number> {
  const { batches } = contestant;
  await (await contestant.step(batches.next().value)).read();
  const start = now();
  let pace = Infinity;
  for (let count = 0; count < mostWarmUpSteps && (count === 0 || now() - start < warmUpDuration); count++) {
    const begun = now();
    await (await contestant.step(batches.next().value)).read();
    pace = Math.min(pace, now() - begun);
  }
  return pace;
}

/** Steps in a row for each that is timed singly. */
const rowPerSingle = 5;

/** Times some steps until each one's result is here, then as many as asked for in a row, of which the last is read. */
async function timeBlock(
  contestant: Prepared,
  steps: number,
  now: Clock,
): Promise<Omit<Block, 'ownJavaScript' | 'alive'>> {
  const { batches, updatesPerStep = 1 } = contestant;
  const perUpdate = (milliseconds: number) => milliseconds / updatesPerStep;
  const singles: number[] = [];
  // A row of one step is a single step.
  for (let count = 0; steps > 1 && count < Math.ceil(steps / rowPerSingle); count++) {
    const batch = batches.next().value;
    const start = now();
    await (await contestant.step(batch)).read();
    singles.push(perUpdate(now() - start));
  }

  const row = Array.from({ length: steps }, () => batches.next().value);
  const javaScript: number[] = [];
  const counter = onWebgpu() ? dispatchCounter() : null;
  try {
    const start = now();
    let last: Output | null = null;
    for (const batch of row) {
      last?.drop();
      const begun = now();
      last = await contestant.step(batch);
      javaScript.push(perUpdate(now() - begun));
    }
    await last?.read();
    const inRow = perUpdate((now() - start) / steps);
    // Over the whole row: some libraries hand over their work only when a result is asked for.
    const device = counter && {
      dispatches: perUpdate(counter.dispatches / steps),
      submits: perUpdate(counter.submits / steps),
    };
    return { singles: singles.length === 0 ? [inRow] : singles, inRow, javaScript, device };
  } finally {
    counter?.stop();
  }
}

/** Milliseconds for which steps without the device are timed, and the most that are. */
const silentDuration = 50;
const mostSilentSteps = 100;

/** Times steps whose results are given up, each until it has been handed over. */
async function timeSilent(contestant: Prepared, now: Clock): Promise<readonly number[]> {
  const { batches, updatesPerStep = 1 } = contestant;
  const times: number[] = [];
  const start = now();
  do {
    const batch = batches.next().value;
    const begun = now();
    const result = await contestant.step(batch);
    times.push((now() - begun) / updatesPerStep);
    result.drop();
  } while (times.length < mostSilentSteps && now() - start < silentDuration);
  return times;
}

/** Resolves when the graphics device has done all that it was given; on other backends nothing is under way. */
async function drain(): Promise<void> {
  if (!onWebgpu()) return;
  submitHeldBack();
  await webgpuBackend().device.queue.onSubmittedWorkDone();
}

/** Milliseconds that are left for the collection of garbage where it cannot be asked for, and for its aftermath. */
const pause = { unasked: 50, asked: 2 };

/** Lets the device finish and collects garbage, so that a contestant does not pay for what was before. */
async function settle(): Promise<void> {
  await drain();
  const { gc } = globalThis as { readonly gc?: () => void };
  gc?.();
  await new Promise((resolve) => setTimeout(resolve, gc === undefined ? pause.unasked : pause.asked));
}
