import type { RunConfig } from '../core/config.ts';
import type { BackendChoice, Failure, JobId, SweepCommand, SweepReport } from './protocol.ts';

/** The browser's locks; undefined where there are none: outside secure contexts, and in Node. */
function webLocks(): LockManager | undefined {
  return (globalThis as { navigator?: Partial<Navigator> }).navigator?.locks;
}

/**
 * Holds the lock of this name for as long as the caller's thread lives. Resolves once it is held; at once
 * where there are no locks.
 */
export function holdLifeline(name: string): Promise<void> {
  const locks = webLocks();
  if (locks === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    void locks.request(name, () => {
      resolve();
      return new Promise(() => {});
    });
  });
}

/**
 * Calls `onDeath` when the thread that holds the lock of this name is gone, however it ended. Unlike a missing answer,
 * this cannot be confused with a long computation.
 *
 * @param signal ends the watch
 */
function watchLifeline(name: string, onDeath: () => void, signal: AbortSignal): void {
  const locks = webLocks();
  locks
    ?.request(name, { signal }, () => {
      if (!signal.aborted) onDeath();
    })
    .catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
}

/** What a pool needs of a Worker. */
export type SweepWorkerPort = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

interface PoolWorkerListener {
  /** `config` is the run that the report is about, or that was given out last. */
  onReport(report: SweepReport, config: RunConfig): void;
  /** The worker is gone; `config` is the run that went with it, if it had one. */
  onLost(failure: Failure, config: RunConfig | null): void;
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
      const where = filename ? ` (${filename}:${lineno})` : '';
      this.#lose(`The worker stopped: ${message || 'its script could not be loaded'}${where}.`);
    });
    port.addEventListener('messageerror', () => this.#lose('A message from the worker could not be read.'));
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
      watchLifeline(
        lifeline,
        () => this.#lose('The browser ended the worker, perhaps for want of memory.'),
        this.#ended.signal,
      );
    }
    if (report.kind === 'started') this.#totalSteps = report.totalSteps;
    if (report.kind === 'finished' || report.kind === 'failed') this.#free = true;
    if (this.#config !== null) this.#listener.onReport(report, this.#config);
  }

  #lose(message: string): void {
    if (this.#ended.signal.aborted) return;
    const failure = { name: 'WorkerLost', message: `${message} A new worker takes its place.`, stack: '' };
    this.#listener.onLost(failure, this.#free ? null : this.#config);
  }
}
