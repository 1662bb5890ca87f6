/** What a worker may do (src/worker/worker.ts). */
export type WorkerPart = 'session' | 'sweep' | 'benchmark' | 'gauge';

/**
 * Starts a worker. Its name tells it what to do and the page's address: a built worker lies elsewhere, and finds the
 * data from there.
 */
export function startWorker(part: WorkerPart): Worker {
  return new Worker(new URL('../worker/worker.ts', import.meta.url), {
    type: 'module',
    name: `${part} ${document.baseURI}`,
  });
}
