import Papa from 'papaparse';
import { openMiniImagenetFiles } from '../engine/data/miniImagenet.ts';
import { miniImagenetShape, type MiniImagenetShape } from '../engine/data/miniImagenetSplit.ts';
import type { OpenedDataset } from '../engine/data/openedDataset.ts';
import { openFolder } from './openFolder.ts';
import { SquareThreads } from './squareThreads.ts';

/** How MiniImagenet is read. */
export interface ReadMiniImagenetOptions {
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
    parseCsv: (text: string) => Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter: ',' }).data,
    onProgress,
  };
  try {
    return await openMiniImagenetFiles(folder, opened.files, tools, shape).finally(() => {
      // Without this, pictures that no thread has looked at would count as damaged.
      if (threads.failure !== null) throw threads.failure;
    });
  } finally {
    await Promise.all([opened.close(), threads.close()]);
  }
}
