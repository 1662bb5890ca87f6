import type { Command, Failure, Report, RunId, BenchmarkCommand, BenchmarkReport } from './protocol.ts';
import type { CheckedRunFile } from '../core/runFile.ts';
import { say } from '../texts/say.ts';

/** What a worker may do (src/worker/worker.ts). */
export type WorkerPart = 'session' | 'sweep' | 'benchmark' | 'gauge' | 'runFile';

/**
 * Starts a worker. Its name says what it does, and the page's address: a built worker is served from another place, and
 * finds the data by that address.
 */
export function startWorker(part: WorkerPart): Worker {
  return new Worker(new URL('../worker/worker.ts', import.meta.url), {
    type: 'module',
    name: `${part} ${document.baseURI}`,
  });
}

/** Whether the worker answers. */
export type LinkEvent =
  | { readonly kind: 'lost'; readonly failure: Failure }
  /** It answers again after all. */
  | { readonly kind: 'answering' };

/** The page's end of the line to the worker. */
export interface LabClient {
  send(command: Command): void;
  /** Ends the worker, whatever it does, and makes a new one; a run must then be started again. */
  restart(): void;
  /** Calls `listener` with every report except those of earlier runs. Returns a function that ends this. */
  onReport(listener: (report: Report) => void): () => void;
  onLink(listener: (event: LinkEvent) => void): () => void;
}

/** What the client needs of a Worker. */
type WorkerPort = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

const pingInterval = 2_000;
/** A long GPU compilation may keep the worker from answering for some seconds. */
const unansweredPingsAllowed = 10;

/**
 * Starts the worker and watches over it. The worker counts as lost when its script fails, or when it has left ten pings
 * in a row, 2 s apart, without any answer. Pings are counted, not seconds, so that a computer that wakes from sleep
 * does not find its worker lost.
 */
export function startClient(makeWorker: () => WorkerPort = () => startWorker('session')): LabClient {
  const reportListeners = new Set<(report: Report) => void>();
  const linkListeners = new Set<(event: LinkEvent) => void>();
  let worker: WorkerPort;
  let latestRun: RunId = 0;
  let answering = true;
  let heardFrom = false;
  let unanswered = 0;
  let nextPing = 1;

  function lose(name: string, message: string, stack = ''): void {
    if (!answering) return;
    answering = false;
    for (const listener of linkListeners) listener({ kind: 'lost', failure: { name, message, stack } });
  }

  function hear(report: Report): void {
    heardFrom = true;
    unanswered = 0;
    if (!answering) {
      answering = true;
      for (const listener of linkListeners) listener({ kind: 'answering' });
    }
    if (report.kind === 'pong' || ('run' in report && report.run < latestRun)) return;
    for (const listener of reportListeners) listener(report);
  }

  function begin(): void {
    const started = makeWorker();
    worker = started;
    answering = true;
    heardFrom = false;
    unanswered = 0;
    started.addEventListener('message', (event: MessageEvent<Report>) => {
      if (started === worker) hear(event.data);
    });
    started.addEventListener('error', ({ message, filename, lineno }) => {
      if (started !== worker) return;
      const where = filename ? ` (${filename}:${lineno})` : '';
      lose(
        'WorkerError',
        message ? say('failures.stopped', { detail: message + where }) : say('failures.unloadable', { where }),
      );
    });
    started.addEventListener('messageerror', () => {
      if (started === worker) lose('WorkerError', say('failures.unreadable'));
    });
  }

  begin();
  setInterval(() => {
    if (heardFrom) unanswered += 1;
    if (unanswered > unansweredPingsAllowed) {
      const seconds = (unansweredPingsAllowed * pingInterval) / 1_000;
      lose('WorkerLost', say('failures.silent', { seconds }));
    }
    worker.postMessage({ kind: 'ping', id: nextPing++ } satisfies Command);
  }, pingInterval);

  return {
    send(command) {
      if (command.kind === 'start') latestRun = command.run;
      worker.postMessage(command);
    },
    restart() {
      worker.terminate();
      begin();
    },
    onReport(listener) {
      reportListeners.add(listener);
      return () => void reportListeners.delete(listener);
    },
    onLink(listener) {
      linkListeners.add(listener);
      return () => void linkListeners.delete(listener);
    },
  };
}

/** The page's end of the line to a benchmark. */
export interface BenchmarkClient {
  /** Begins a benchmark in a worker of its own; ends one that is under way. */
  start(command: BenchmarkCommand): void;
  /** Ends the worker, whatever it does; nothing more comes from it. */
  cancel(): void;
  onReport(listener: (report: BenchmarkReport) => void): void;
}

/** What the client needs of a Worker. */
type BenchmarkPort = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

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
        stopped(
          message
            ? say('failures.worker.stopped', { detail: message })
            : say('failures.worker.unloadable', { where: '' }),
        ),
      );
      port.addEventListener('messageerror', () => stopped(say('failures.worker.unreadable')));
      port.postMessage(command);
    },
    cancel: end,
    onReport: (listener) => void listeners.push(listener),
  };
}

/** Milliseconds after which a file is given up; the largest that is allowed takes a few seconds on a slow machine. */
const longest = 30_000;

/**
 * Reads and checks a run file in a worker of its own, which ends with it.
 *
 * @param signal gives it up; the promise then rejects with the signal's reason
 * @returns its content, or what is wrong with it; that it took too long, too
 */
export async function readRunFile(
  file: File,
  signal: AbortSignal,
  makeWorker: () => WorkerPort = () => startWorker('runFile'),
): Promise<CheckedRunFile> {
  const worker = makeWorker();
  let ended = () => {};
  return new Promise<CheckedRunFile>((resolve, reject) => {
    const refuse = (problem: string) => resolve({ kind: 'refused', problems: [problem] });
    const timer = setTimeout(() => refuse(say('failures.file.tooLong', { seconds: longest / 1_000 })), longest);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    worker.addEventListener('message', ({ data }: MessageEvent<CheckedRunFile>) => resolve(data), { once: true });
    worker.addEventListener('error', () => refuse(say('failures.file.unloadable')), {
      once: true,
    });
    worker.postMessage(file);
    ended = () => clearTimeout(timer);
  }).finally(() => {
    ended();
    worker.terminate();
  });
}
