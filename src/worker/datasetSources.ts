import { DataError, type Dataset } from '../core/dataset.ts';
import type { DatasetName } from '../core/scenarios.ts';
import type { WorkerNotice } from '../link/protocol.ts';
import { type DataSource, wholeDataset, PreparedSource } from './preparedSource.ts';
import { readKeptDataset } from './keptDataset.ts';

/** Where the images of each dataset come from. */
export interface Sources {
  /** @throws DataError if the dataset can neither be fetched nor has been opened */
  of(name: DatasetName): Promise<DataSource>;
  /** From now on, this dataset is used. */
  use(name: DatasetName, dataset: Dataset): void;
}

/**
 * Data that the viewer has opened comes first, then data that an earlier visit kept in the browser, then the site's.
 *
 * @param page address of the page, beside which `data/` lies
 * @param onNotice takes a notice for the viewer
 */
export function datasetSources(page: string, onNotice: (notice: WorkerNotice) => void): Sources {
  const sources = new Map<DatasetName, DataSource>();

  async function find(name: DatasetName): Promise<DataSource> {
    if (name === 'mnist') return new PreparedSource(name, new URL('data/mnist/', page), { onNotice });
    const kept = await readKeptDataset(name);
    if (kept !== null) return wholeDataset(kept);
    if (name === 'cifar10') return new PreparedSource(name, new URL('data/cifar10/', page), { onNotice });
    const remedy =
      'Open a folder or zip of its images, with train.csv, val.csv and test.csv, under Settings; nobody may hand it on.';
    throw new DataError({ name: 'MiniImagenet', remedy }, 'is not in this browser', { kind: 'absent' });
  }

  return {
    async of(name) {
      const found = sources.get(name) ?? (await find(name));
      // Two calls may have looked at the same time. The first source found counts, with everything that it has fetched
      // already.
      const source = sources.get(name) ?? found;
      sources.set(name, source);
      return source;
    },
    use(name, dataset) {
      sources.set(name, wholeDataset(dataset));
    },
  };
}
