import type { CheckedRunFile } from '../core/runFile.ts';
import type { WorkerPort } from './client.ts';
import { startWorker } from './startWorker.ts';

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
    const timer = setTimeout(() => refuse(`Reading the file took longer than ${longest / 1_000} seconds.`), longest);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    worker.addEventListener('message', ({ data }: MessageEvent<CheckedRunFile>) => resolve(data), { once: true });
    worker.addEventListener('error', () => refuse('What reads it could not be loaded. Reload the page.'), {
      once: true,
    });
    worker.postMessage(file);
    ended = () => clearTimeout(timer);
  }).finally(() => {
    ended();
    worker.terminate();
  });
}
