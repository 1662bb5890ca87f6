import { DataError } from '../engine/data/dataError.ts';
import type { Dataset } from '../engine/data/dataset.ts';
import type { OpenedDataset } from '../engine/data/openedDataset.ts';
import type { DatasetName } from '../engine/scenarios/scenario.ts';
import { readMiniImagenet } from './readMiniImagenet.ts';
import { readPrepared } from './readPrepared.ts';

/** What the command line says about the data. */
export interface ReadDatasetOptions {
  /** `--data`: the folder or zip of MiniImagenet; of another dataset, the folder of its prepared files. */
  readonly data?: string;
  /** `--use-partial-data`: whether to go on with what is whole. */
  readonly usePartial?: boolean;
  /** Takes a line for people. */
  readonly onProgress?: (line: string) => void;
}

const progressEvery = 1_000;

/** Complete MNIST, from the files that `npm run data:mnist` prepares; see {@link readPrepared}. */
export function readMnist(directory?: string): Promise<Dataset> {
  return readPrepared('mnist', directory);
}

/** Complete CIFAR-10, from the files that `npm run data:cifar10` prepares; see {@link readPrepared}. */
export function readCifar10(directory?: string): Promise<Dataset> {
  return readPrepared('cifar10', directory);
}

/** The dataset, or an error with everything that is wrong with it. */
function accepted(path: string, opened: OpenedDataset, { usePartial = false, onProgress }: ReadDatasetOptions): Dataset {
  if (opened.kind === 'whole') return opened.dataset;
  const problems = opened.problems.map(({ text }) => text).join(' ');
  if (!usePartial) {
    const remedy = `${problems} Mend the data, or add --use-partial-data to go on with what is whole.`;
    throw new DataError({ name: path, remedy }, 'is not whole');
  }
  onProgress?.(`${path} is not whole; what is whole is used. ${problems}`);
  return opened.dataset;
}

/**
 * Reads a dataset by name.
 *
 * @throws DataError that names the command to run or the flag to give if it is missing, or says what is wrong
 */
export async function readDataset(name: DatasetName, options: ReadDatasetOptions = {}): Promise<Dataset> {
  switch (name) {
    case 'mnist':
    case 'cifar10':
      return readPrepared(name, options.data);
    case 'miniimagenet': {
      const { data, onProgress } = options;
      if (data === undefined) {
        const remedy = 'Add --data DIR_OR_ZIP: a folder or zip with images and train.csv, val.csv, test.csv.';
        throw new DataError({ name: 'MiniImagenet', remedy }, 'has no copy that may be passed on, so it is read from yours');
      }
      const opened = await readMiniImagenet(data, {
        onProgress: (done, total) => {
          if (done % progressEvery === 0 || done === total) onProgress?.(`Read ${done} of ${total} images of ${data}.`);
        },
      });
      return accepted(data, opened, options);
    }
    default:
      return name satisfies never;
  }
}
