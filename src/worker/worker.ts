import type { WorkerPart } from '../link/client.ts';

/** One of the tasks that a worker can have. */
interface Part {
  /** Gets ready for the page at this address; returns the function that takes the page's messages. */
  readonly begin: (page: string) => (message: never) => void;
}

/** Each is fetched when a worker needs it. TensorFlow.js is one file for all that use it. */
const parts: Readonly<Record<WorkerPart, () => Promise<Part>>> = {
  session: () => import('./sessionPart.ts'),
  sweep: () => import('./sweepPart.ts'),
  benchmark: () => import('./benchmarkPart.ts'),
  gauge: () => import('./gaugePart.ts'),
  runFile: () => import('./runFilePart.ts'),
};

const [part, page] = self.name.split(' ') as [WorkerPart, string];
const ready = parts[part]().then(({ begin }) => begin(page) as (message: unknown) => void);

// Messages that come before the part is there wait for it, in order.
self.addEventListener('message', (event: MessageEvent<unknown>) => {
  ready.then(
    (handle) => handle(event.data),
    () => undefined,
  );
});
// For the page this is the same as a worker whose script cannot be loaded.
ready.catch((error: unknown) => reportError(error));
