import * as tf from '@tensorflow/tfjs';
import type { Retrieval } from '../../core/config.ts';
import type { Batch } from '../../core/stream.ts';
import {
  type BenchmarkTiming,
  type ContestantName,
  type ContestantTiming,
  quartiles,
  type SubjectName,
} from '../../core/timing.ts';
import type { LearnerInput } from '../methods/learner.ts';
import { withStockKernels } from '../programs/ownKernels.ts';
import type { Output } from '../runner/step.ts';

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

/** One of the contestants that do the same work. */
export interface Contestant {
  readonly name: ContestantName;
  /** Does one step; gives a result of it, such as its losses, to be read or dropped. */
  step(batch: Batch): Output | Promise<Output>;
  dispose(): void | Promise<void>;
}

/** Contestants that have learnt what the work needs and are at the same point. */
export interface Contest {
  /** The engine first. */
  readonly contestants: readonly Contestant[];
  /** Batches to learn; each contestant gets the same ones. Never ends. */
  readonly batches: Iterator<Batch, never>;
  /** Updates in a step, if what is timed is an update. */
  readonly updatesPerStep?: number;
}

/** Makes a contestant of another library, of fine-tuning, ER or ER-MIR with a perceptron. */
export type MakePeer = (input: LearnerInput, retrieval: Retrieval | null) => Contestant;

/** Counts what is asked of a graphics device. */
interface DispatchCounter {
  readonly dispatches: number;
  readonly submits: number;
  /** Leaves the device's classes as they were. */
  stop(): void;
}

/** Starts to count all dispatches and submits of this process; null where WebGPU has not been started. */
export function dispatchCounter(): DispatchCounter | null {
  // Node has no WebGPU of its own; startNodeBackend provides it.
  const { GPUComputePassEncoder: pass, GPUQueue: queue } = globalThis as {
    readonly GPUComputePassEncoder?: typeof GPUComputePassEncoder;
    readonly GPUQueue?: typeof GPUQueue;
  };
  if (pass === undefined || queue === undefined) return null;
  const counter = { dispatches: 0, submits: 0 };
  // They are called with the encoder and the queue they were taken from.
  // eslint-disable-next-line @typescript-eslint/unbound-method
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

interface ContestPlan {
  readonly subject: SubjectName;
  /** Steps of each contestant that are timed. */
  readonly steps: number;
  /** Steps timed together: training does not wait for each step's results, so a single quick one cannot be timed. */
  readonly blockSteps: number;
  /** Steps before the clock starts: shaders, compiled programs and pools of buffers are made then. */
  readonly warmUpSteps: number;
}

/** The surroundings of a benchmark. */
export interface Surroundings {
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** Called after each round of blocks with the steps done, and awaited; what it throws ends the benchmark. */
  readonly onBlock: (done: number) => void | Promise<void>;
}

/** What was measured of one contestant. */
class Stopwatch {
  readonly times: number[] = [];
  javaScript: number[] = [];
  calls = { dispatches: 0, submits: 0 };
  readonly contestant: Contestant;

  constructor(contestant: Contestant) {
    this.contestant = contestant;
  }

  /** Lets the contestant learn the batches, with the kernels that are its own. */
  async time(batches: readonly Batch[], now: () => number, counter: DispatchCounter | null): Promise<void> {
    const work = () => this.#time(batches, now, counter);
    await (this.contestant.name === 'stock' ? withStockKernels(work) : work());
  }

  /** The time ends when the last result is on this side. */
  async #time(batches: readonly Batch[], now: () => number, counter: DispatchCounter | null): Promise<void> {
    const start = now();
    const [dispatches, submits] = [counter?.dispatches ?? 0, counter?.submits ?? 0];
    let last: Output | null = null;
    for (const batch of batches) {
      last?.drop();
      const begun = now();
      last = await this.contestant.step(batch);
      this.javaScript.push(now() - begun);
    }
    await last?.read();
    this.times.push((now() - start) / batches.length);
    // Over the whole block: some libraries hand over their work only when a result is asked for.
    this.calls.dispatches += (counter?.dispatches ?? 0) - dispatches;
    this.calls.submits += (counter?.submits ?? 0) - submits;
  }

  reset(): void {
    this.times.length = 0;
    this.javaScript = [];
    this.calls = { dispatches: 0, submits: 0 };
  }
}

/**
 * Times contestants block by block in turn, in this process, so that whatever else the machine does falls on all.
 * Who begins a round changes from round to round. Frees the contestants at the end.
 */
export async function timeContest(
  { contestants, batches, updatesPerStep = 1 }: Contest,
  { subject, steps, blockSteps, warmUpSteps }: ContestPlan,
  { now, onBlock }: Surroundings,
): Promise<BenchmarkTiming> {
  const counter = tf.getBackend() === 'webgpu' ? dispatchCounter() : null;
  const watches = contestants.map((contestant) => new Stopwatch(contestant));
  const take = (count: number) => Array.from({ length: count }, () => batches.next().value);
  try {
    const beginning = take(warmUpSteps);
    for (const watch of watches) {
      if (warmUpSteps > 0) await watch.time(beginning, now, counter);
      watch.reset();
    }
    const before = tf.memory();
    for (let done = 0, round = 0; done < steps; done += blockSteps, round++) {
      const block = take(Math.min(blockSteps, steps - done));
      const first = round % watches.length;
      for (const watch of [...watches.slice(first), ...watches.slice(0, first)]) await watch.time(block, now, counter);
      await onBlock(done + block.length);
    }
    const after = tf.memory();
    const timingOf = ({ contestant, times, javaScript, calls }: Stopwatch): ContestantTiming => {
      const perUpdate = (values: readonly number[]) => quartiles(values.map((value) => value / updatesPerStep));
      const updates = steps * updatesPerStep;
      return {
        name: contestant.name,
        time: perUpdate(times),
        ratio:
          contestant === contestants[0] ? null : quartiles(times.map((time, block) => time / watches[0].times[block])),
        javaScript: perUpdate(javaScript),
        device: counter && { dispatches: calls.dispatches / updates, submits: calls.submits / updates },
      };
    };
    return {
      subject,
      steps,
      blockSteps: Math.min(blockSteps, steps),
      contestants: watches.map(timingOf),
      tensors: { before: before.numTensors, after: after.numTensors },
      bytes: { before: before.numBytes, after: after.numBytes },
    };
  } finally {
    counter?.stop();
    for (const contestant of contestants) await contestant.dispose();
  }
}
