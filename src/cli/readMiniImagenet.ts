import Papa from 'papaparse';
import { openMiniImagenetFiles } from '../engine/data/miniImagenet.ts';
import { miniImagenetShape, type MiniImagenetShape } from '../engine/data/miniImagenetSplit.ts';
import type { OpenedDataset } from '../engine/data/openedDataset.ts';
import { decodeImage } from './decodeImage.ts';
import { openFolder } from './openFolder.ts';

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
  const tools = {
    decode: (bytes: Uint8Array) => Promise.resolve(decodeImage(bytes)),
    parseCsv: (text: string) => Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter: ',' }).data,
    onProgress,
  };
  try {
    return await openMiniImagenetFiles(folder, opened.files, tools, shape);
  } finally {
    await opened.close();
  }
}
