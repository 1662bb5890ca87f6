import type { BenchmarkCommand, BenchmarkReport } from '../../../src/link/protocol.ts';
import { type BenchmarkRunnerParts, runBenchmark } from '../../../src/worker/benchmarkPart.ts';
import { wholeDataset } from '../../../src/worker/preparedSource.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';

/** A real runner behind the face of a worker, in the same thread: messages cross later, in order, as copies. */
export class BenchmarkPort extends EventTarget {
  terminated = false;
  readonly #parts: Partial<BenchmarkRunnerParts>;

  constructor(parts: Partial<BenchmarkRunnerParts> = {}) {
    super();
    this.#parts = parts;
  }

  postMessage(command: BenchmarkCommand): void {
    const post = (report: BenchmarkReport) => {
      const data = structuredClone(report);
      setImmediate(() => this.dispatchEvent(new MessageEvent('message', { data })));
    };
    void runBenchmark(structuredClone(command), {
      sourceOf: () => Promise.resolve(wholeDataset(syntheticDataset(60, 4))),
      startBackend: () => startTestBackend('cpu'),
      now: () => performance.now(),
      ...this.#parts,
      post,
    });
  }

  terminate(): void {
    this.terminated = true;
  }
}
