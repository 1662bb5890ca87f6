import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/stream.ts';
import type { BenchmarkTiming, ContestantTiming, SubjectName } from './benchmarkTiming.ts';
import type { Contest, Contestant, Pending } from './contest.ts';
import { type DispatchCounter, dispatchCounter } from './dispatchCounter.ts';
import { quartiles } from './quartiles.ts';
import { withStockKernels } from '../webgpuKernels/softwareKernels.ts';

export interface ContestPlan {
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
    let last: Pending | null = null;
    for (const batch of batches) {
      last?.dispose();
      const begun = now();
      last = await this.contestant.step(batch);
      this.javaScript.push(now() - begun);
    }
    await last?.data();
    last?.dispose();
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
        ratio: contestant === contestants[0] ? null : quartiles(times.map((time, block) => time / watches[0].times[block])),
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
