import type { Dataset } from '../core/dataset.ts';
import type { LoadProgress } from '../link/protocol.ts';

/**
 * Waits for a promise, but no longer than until the signal aborts. What the promise does goes on, so that
 * others who share it still get it.
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

/** Where a run's images come from: fetched as far as it needs them, or there already. */
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
