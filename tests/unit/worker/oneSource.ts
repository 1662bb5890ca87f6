import type { Sources } from '../../../src/worker/datasetSources.ts';
import { type DataSource, wholeDataset } from '../../../src/worker/preparedSource.ts';

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
