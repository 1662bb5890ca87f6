import type { Dataset } from '../engine/data/dataset.ts';
import type { LoadProgress } from './protocol.ts';

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
