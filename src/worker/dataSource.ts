import type { Dataset } from '../core/dataset.ts';
import type { LoadProgress } from '../link/protocol.ts';

/**
 * Waits for a promise until the signal aborts. The work behind the promise goes on, so that others who share it still
 * get its result.
 *
 * @throws the signal's reason once it aborts
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abandon = () => reject(signal.reason as Error);
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}

/** The source of a run's images: fetches them as far as the run needs, or has them already. */
export interface DataSource {
  /** The labels of both halves: enough to split the scenario into tasks. */
  labels(signal?: AbortSignal): Promise<{ readonly train: Uint8Array; readonly test: Uint8Array }>;
  /** The dataset, with all test images and these training images in place. */
  ensure(samples: Int32Array, onProgress: (progress: LoadProgress) => void, signal?: AbortSignal): Promise<Dataset>;
  /** Gets the rest, at low priority. */
  prefetch(signal?: AbortSignal): Promise<void>;
}

/** A dataset that is complete already. */
export function wholeDataset(dataset: Dataset): DataSource {
  return {
    labels: () => Promise.resolve({ train: dataset.train.labels, test: dataset.test.labels }),
    ensure: () => Promise.resolve(dataset),
    prefetch: () => Promise.resolve(),
  };
}
