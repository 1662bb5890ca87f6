import type { DataSource } from '../../../src/worker/dataSource.ts';
import { wholeDataset } from '../../../src/worker/dataSource.ts';
import type { Sources } from '../../../src/worker/datasetSources.ts';

/** Every dataset from one source, until another is opened. */
export function oneSource(source: DataSource): Sources {
  let current = source;
  return {
    of: () => Promise.resolve(current),
    use: (_, dataset) => {
      current = wholeDataset(dataset);
    },
  };
}
