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
