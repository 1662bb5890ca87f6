import type { RunConfig } from '../core/config.ts';
import type { BackendChoice, JobId, SweepCommand, SweepReport } from './protocol.ts';
import { startWorker } from './client.ts';

/**
 * Calls `onDeath` when the thread that holds the lock of this name is gone, however it ended. Unlike a missing answer,
 * this cannot be confused with a long computation.
 *
 * @param signal ends the watch
 */
function watchLifeline(name: string, onDeath: () => void, signal: AbortSignal): void {
  // Undefined outside secure contexts, and in Node.
  const { locks } = (globalThis as { navigator?: Partial<Navigator> }).navigator ?? {};
  locks
    ?.request(name, { signal }, () => {
      if (!signal.aborted) onDeath();
    })
    .catch(() => {
      // The watch has ended, or locks are refused, as where storage is forbidden.
    });
}

/** What a pool needs of a Worker. */
export type SweepWorkerPort = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

/** How a worker was lost. */
export type WorkerLoss =
  /** By an error, which the browser tells where it may; `where` is a place in a script, or nothing. */
  | { readonly kind: 'stopped'; readonly detail: string; readonly where: string }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'ended' };

interface PoolWorkerListener {
  /** `config` is the run that the report is about, or that was given out last. */
  onReport(report: SweepReport, config: RunConfig): void;
  /** The worker is gone; `config` is the run that went with it, if it had one. */
  onLost(loss: WorkerLoss, config: RunConfig | null): void;
}

/** One worker of a pool: whether it is free, what it runs, and whether it is still there. */
export class PoolWorker {
  readonly #port: SweepWorkerPort;
  readonly #listener: PoolWorkerListener;
  readonly #ended = new AbortController();
  #job: JobId = 0;
  #config: RunConfig | null = null;
  #free = true;
  #answered = false;
  #totalSteps = 0;

  constructor(port: SweepWorkerPort, listener: PoolWorkerListener) {
    this.#port = port;
    this.#listener = listener;
    const lifeline = `mir-lab-worker-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`;
    port.addEventListener('message', (event: MessageEvent<SweepReport>) => this.#hear(event.data, lifeline));
    port.addEventListener('error', ({ message, filename, lineno }) => {
      this.#lose({ kind: 'stopped', detail: message, where: filename ? ` (${filename}:${lineno})` : '' });
    });
    port.addEventListener('messageerror', () => this.#lose({ kind: 'unreadable' }));
    this.send({ kind: 'begin', lifeline });
  }

  get free(): boolean {
    return this.#free;
  }

  /** Whether nothing has ever come from it, which means that its script does not run here. */
  get neverAnswered(): boolean {
    return !this.#answered;
  }

  /** Of its current run. */
  get totalSteps(): number {
    return this.#totalSteps;
  }

  run(config: RunConfig, backend: BackendChoice): void {
    this.#free = false;
    this.#config = config;
    this.#job += 1;
    this.send({ kind: 'run', job: this.#job, config, backend });
  }

  send(command: SweepCommand): void {
    this.#port.postMessage(command);
  }

  /** Ends the worker, whatever it does. Nothing is heard of it any more. */
  end(): void {
    this.#ended.abort();
    this.#port.terminate();
  }

  #hear(report: SweepReport, lifeline: string): void {
    if (this.#ended.signal.aborted) return;
    this.#answered = true;
    if (report.kind === 'alive') {
      watchLifeline(lifeline, () => this.#lose({ kind: 'ended' }), this.#ended.signal);
    }
    if (report.kind === 'started') this.#totalSteps = report.totalSteps;
    if (report.kind === 'finished' || report.kind === 'failed') this.#free = true;
    if (this.#config !== null) this.#listener.onReport(report, this.#config);
  }

  #lose(loss: WorkerLoss): void {
    if (!this.#ended.signal.aborted) this.#listener.onLost(loss, this.#free ? null : this.#config);
  }
}

/** The speed of a worker, in products a millisecond. */
export type GaugeReport = number;

/** A worker that measures how fast it is while others do the same. */
export interface GaugePort {
  measure(milliseconds: number): Promise<GaugeReport>;
  end(): void;
}

/** The numbers of workers to try, as far as they are allowed. */
const tried = [1, 2, 3, 4, 6, 8];
const millisecondsEach = 100;
/** One more worker must be worth it: results within this share of the best count as the best. */
const nearBest = 0.9;

/**
 * How many workers this machine's processor really carries: the fewest that together get nearly as much done as any
 * number of them. Browsers may report more threads than there are cores, and others may use the cores too.
 *
 * @param most from 1 on
 */
export async function usefulWorkers(most: number, makePort: () => GaugePort = browserPort): Promise<number> {
  const counts = tried.filter((count) => count <= most);
  const ports: GaugePort[] = [];
  const totals: number[] = [];
  try {
    for (const count of counts) {
      while (ports.length < count) ports.push(makePort());
      const rates = await Promise.all(ports.map((port) => port.measure(millisecondsEach)));
      totals.push(rates.reduce((sum, rate) => sum + rate, 0));
    }
  } finally {
    for (const port of ports) port.end();
  }
  const best = Math.max(...totals);
  return counts[totals.findIndex((total) => total >= nearBest * best)];
}

function browserPort(): GaugePort {
  const worker = startWorker('gauge');
  return {
    measure: (milliseconds) =>
      new Promise((resolve, reject) => {
        worker.addEventListener('message', ({ data }: MessageEvent<GaugeReport>) => resolve(data), { once: true });
        worker.addEventListener(
          'error',
          () => reject(new Error('The worker that measures the processor could not be loaded.')),
          { once: true },
        );
        worker.postMessage(milliseconds);
      }),
    end: () => worker.terminate(),
  };
}
