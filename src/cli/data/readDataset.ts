import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import Papa from 'papaparse';
import { unzipRaw } from 'unzipit';
import { DataError, type Dataset, type FileReference, type OpenedDataset } from '../../core/dataset.ts';
import type { DatasetName } from '../../core/scenarios.ts';
import { type NamedFile, zipFiles } from '../../engine/data/archives.ts';
import { miniImagenetShape, type MiniImagenetShape, openMiniImagenetFiles } from '../../engine/data/miniImagenet.ts';
import { readPrepared } from './readPrepared.ts';
import { SquareThreads } from './squareThreads.ts';

/** The files of a folder or zip, until it is closed. */
interface OpenFolder {
  readonly files: readonly NamedFile[];
  close(): Promise<void>;
}

/** Files whose sizes are asked for at a time. */
const parallel = 64;

async function folderFiles(directory: string): Promise<NamedFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
  const files: NamedFile[] = [];
  for (let from = 0; from < paths.length; from += parallel) {
    files.push(
      ...(await Promise.all(
        paths.slice(from, from + parallel).map(async (path): Promise<NamedFile> => {
          // A link that leads nowhere fails when it is read.
          const size = await stat(path).then(
            (stats) => stats.size,
            () => 0,
          );
          const read = () => readFile(path);
          const start = async (count: number) => {
            const handle = await open(path);
            try {
              const { bytesRead, buffer } = await handle.read(new Uint8Array(count), 0, count, 0);
              return buffer.subarray(0, bytesRead);
            } finally {
              await handle.close();
            }
          };
          return { path: relative(directory, path).split(sep).join('/'), size, read, start };
        }),
      )),
    );
  }
  return files;
}

function zipReader(handle: FileHandle, length: number) {
  return {
    getLength: () => Promise.resolve(length),
    read: async (offset: number, size: number) => {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(size), 0, size, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
}

/**
 * Opens a folder or a zip.
 *
 * @throws DataError if there is neither at the path, or the zip is damaged
 */
async function openFolder(folder: FileReference): Promise<OpenFolder> {
  const path = folder.name;
  const stats = await stat(path).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DataError(folder, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? message})`);
  });
  if (stats.isDirectory()) return { files: await folderFiles(path), close: () => Promise.resolve() };
  const handle = await open(path);
  try {
    const files = await zipFiles(folder, () => unzipRaw(zipReader(handle, stats.size)));
    return { files, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The options for reading MiniImagenet. */
interface ReadMiniImagenetOptions {
  /** Told how many images have been read, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly shape?: MiniImagenetShape;
}

/**
 * Reads MiniImagenet from a folder or zip of JPEG or PNG images with train.csv, val.csv and test.csv.
 *
 * @throws DataError if it cannot be used at all
 */
export async function readMiniImagenet(
  path: string,
  { onProgress = () => {}, shape = miniImagenetShape }: ReadMiniImagenetOptions = {},
): Promise<OpenedDataset> {
  const folder = { name: path, remedy: 'Name a folder or zip with images and train.csv, val.csv, test.csv.' };
  const opened = await openFolder(folder);
  const threads = new SquareThreads();
  const tools = {
    square: (bytes: Uint8Array, side: number) => threads.square(bytes, side),
    parseCsv: (text: string, delimiter: string) =>
      Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter }).data,
    onProgress,
  };
  try {
    return await openMiniImagenetFiles(folder, opened.files, tools, shape).finally(() => {
      // Without this check, pictures that no thread has looked at would count as damaged.
      if (threads.failure !== null) throw threads.failure;
    });
  } finally {
    await Promise.all([opened.close(), threads.close()]);
  }
}

/** The command line's options for data. */
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
function accepted(
  path: string,
  opened: OpenedDataset,
  { usePartial = false, onProgress }: ReadDatasetOptions,
): Dataset {
  if (opened.kind === 'whole') return opened.dataset;
  const problems = opened.problems.map(({ text }) => text).join(' ');
  if (!usePartial) {
    const remedy = `${problems} Repair the data, or add --use-partial-data to go on with what is whole.`;
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
        throw new DataError(
          { name: 'MiniImagenet', remedy },
          'has no copy that may be passed on, so it is read from yours',
        );
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
