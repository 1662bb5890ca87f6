import type { Command, Failure, Report, RunId } from './protocol.ts';
import { startWorker } from './startWorker.ts';

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
export type WorkerPort = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>;

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
        `Training stopped: ${message || 'the training script could not be loaded'}${where}. Start again.`,
      );
    });
    started.addEventListener('messageerror', () => {
      if (started === worker) lose('WorkerError', 'A message from the training worker could not be read. Start again.');
    });
  }

  begin();
  setInterval(() => {
    if (heardFrom) unanswered += 1;
    if (unanswered > unansweredPingsAllowed) {
      const seconds = (unansweredPingsAllowed * pingInterval) / 1_000;
      lose(
        'WorkerLost',
        `The training worker has not answered for ${seconds} seconds. Start again, or wait if the computer is busy.`,
      );
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
