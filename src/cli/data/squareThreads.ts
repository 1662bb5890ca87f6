import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SquareAnswer, SquareRequest } from './squareThread.ts';

interface Job {
  readonly resolve: (square: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Pictures are read eight at a time, so that more threads would wait. */
const mostThreads = 8;

/** Decodes pictures and scales them to squares, in as many threads as there are processors. They start with the first picture. */
export class SquareThreads {
  #workers: readonly Worker[] = [];
  readonly #jobs = new Map<number, Job>();
  #next = 0;
  #failure: Error | null = null;

  /** Why the threads cannot go on; null while they can. A broken picture is not such a reason. */
  get failure(): Error | null {
    return this.#failure;
  }

  /**
   * The middle square of a JPEG or PNG picture, scaled.
   *
   * @returns side × side pixels row by row, each red, green, blue
   * @throws Error if the bytes are no picture, or a thread has failed
   */
  async square(bytes: Uint8Array, side: number): Promise<Uint8Array> {
    if (this.#failure !== null) throw this.#failure;
    if (this.#workers.length === 0) this.#start();
    const job = this.#next++;
    const worker = this.#workers[job % this.#workers.length];
    return new Promise((resolve, reject) => {
      this.#jobs.set(job, { resolve, reject });
      worker.postMessage({ job, bytes, side } satisfies SquareRequest);
    });
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    for (const worker of this.#workers) worker.removeAllListeners();
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    this.#workers = [];
  }

  #start(): void {
    const count = Math.min(mostThreads, availableParallelism());
    this.#workers = Array.from(
      { length: count },
      () => new Worker(new URL('./startSquareThread.js', import.meta.url), { execArgv: [] }),
    );
    for (const worker of this.#workers) {
      worker.on('message', (answer: SquareAnswer) => this.#settle(answer));
      worker.on('error', (error) => this.#fail(error));
      worker.on('exit', () => this.#fail(new Error('A thread that decodes pictures has ended.')));
    }
  }

  #settle(answer: SquareAnswer): void {
    const waiting = this.#jobs.get(answer.job);
    this.#jobs.delete(answer.job);
    if (answer.kind === 'square') waiting?.resolve(answer.square);
    else waiting?.reject(new Error(answer.problem));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#jobs.values()) reject(this.#failure);
    this.#jobs.clear();
  }
}
