import type { BenchmarkCommand, BenchmarkReport } from './protocol.ts';
import { startWorker } from './startWorker.ts';

/** The page's end of the line to a benchmark. */
export interface BenchmarkClient {
  /** Begins a benchmark in a worker of its own; ends one that is under way. */
  start(command: BenchmarkCommand): void;
  /** Ends the worker, whatever it does; nothing more comes from it. */
  cancel(): void;
  onReport(listener: (report: BenchmarkReport) => void): void;
}

/** What the client needs of a Worker. */
export type BenchmarkPort = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

/** Makes a client. Its worker starts with a benchmark and ends with it. */
export function createBenchmarkClient(
  makeWorker: () => BenchmarkPort = () => startWorker('benchmark'),
): BenchmarkClient {
  const listeners: ((report: BenchmarkReport) => void)[] = [];
  let worker: BenchmarkPort | null = null;

  function end(): void {
    worker?.terminate();
    worker = null;
  }
  function hear(from: BenchmarkPort, report: BenchmarkReport): void {
    if (from !== worker) return;
    if (report.kind === 'finished' || report.kind === 'failed') end();
    for (const listener of listeners) listener(report);
  }

  return {
    start(command) {
      end();
      const port = makeWorker();
      worker = port;
      const stopped = (message: string) =>
        hear(port, { kind: 'failed', failure: { name: 'WorkerLost', message, stack: '' } });
      port.addEventListener('message', ({ data }: MessageEvent<BenchmarkReport>) => hear(port, data));
      port.addEventListener('error', ({ message }) =>
        stopped(`The worker stopped: ${message || 'its script could not be loaded'}.`),
      );
      port.addEventListener('messageerror', () => stopped('A message from the worker could not be read.'));
      port.postMessage(command);
    },
    cancel: end,
    onReport: (listener) => void listeners.push(listener),
  };
}
