import Papa from 'papaparse';
import { unzipRaw } from 'unzipit';
import type { FileReference } from '../engine/data/dataError.ts';
import { imageSize } from '../engine/data/dataset.ts';
import { miniImagenetImageShape, openMiniImagenetFiles } from '../engine/data/miniImagenet.ts';
import { miniImagenetShape, type MiniImagenetShape } from '../engine/data/miniImagenetSplit.ts';
import type { NamedFile } from '../engine/data/namedFile.ts';
import type { OpenedDataset } from '../engine/data/openedDataset.ts';
import { squareImage } from '../engine/data/squareImage.ts';
import { zipFiles } from '../engine/data/zipFiles.ts';
import { decodeImage } from './decodeImage.ts';
import type { LoadProgress } from './protocol.ts';

const remedy = 'Choose a folder or zip with images and train.csv, val.csv, test.csv.';
const what = 'MiniImagenet';

/** A folder picker gives each file its path; a drop may give bare names, and not every browser hands paths to workers. */
function pathOf(file: File): string {
  return (file as Partial<File>).webkitRelativePath || file.name;
}

function folderFiles(files: readonly File[]): NamedFile[] {
  return files.map((file) => ({
    path: pathOf(file),
    size: file.size,
    read: async () => new Uint8Array(await file.arrayBuffer()),
  }));
}

/**
 * Opens MiniImagenet from a folder's files or from one zip.
 *
 * @param files at least one
 * @param onProgress told how many bytes of pixels have been made, of how many
 * @throws DataError if it cannot be used at all
 */
export async function openMiniImagenet(
  files: readonly File[],
  onProgress: (progress: LoadProgress) => void,
  shape: MiniImagenetShape = miniImagenetShape,
): Promise<OpenedDataset> {
  const zip = files.length === 1 ? files[0] : null;
  const [top, ...below] = pathOf(files[0]).split('/');
  const folder: FileReference = { name: zip?.name ?? (below.length > 0 ? top : 'The folder'), remedy };
  const named = zip ? await zipFiles(folder, () => unzipRaw(zip)) : folderFiles(files);
  const size = imageSize({ imageShape: miniImagenetImageShape });
  const tools = {
    square: async (bytes: Uint8Array, side: number) => squareImage(await decodeImage(bytes as Uint8Array<ArrayBuffer>), side),
    parseCsv: (text: string) => Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter: ',' }).data,
    onProgress: (done: number, total: number) => onProgress({ what, loaded: done * size, total: total * size }),
  };
  return openMiniImagenetFiles(folder, named, tools, shape);
}
