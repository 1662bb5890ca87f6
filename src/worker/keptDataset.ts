import { clear, createStore, get, set, type UseStore } from 'idb-keyval';
import { z } from 'zod';
import { type WholeDataset, imageSize } from '../core/dataset.ts';
import type { DatasetName } from '../core/scenarios.ts';
import { inTime } from '../link/browserStore.ts';
import { notKept } from './dataCache.ts';
import { freeBytes, patienceFor } from './dataCache.ts';
import type { seekableFile, SeekableFile } from '../engine/data/archives.ts';
import type { OpenedFiles } from '../engine/data/openFiles.ts';
import { type DecodedImage, squareImage } from '../engine/data/squareImage.ts';
import type { LoadProgress, WorkerNotice } from '../link/protocol.ts';

/** Bytes of pixels stored at a time: the browser copies each piece once. */
const pieceBytes = 8_000_000;

const halfSchema = z.strictObject({ count: z.int().min(1), labels: z.instanceof(Uint8Array) });
const recordSchema = z.strictObject({
  name: z.string(),
  imageShape: z.tuple([z.int(), z.int(), z.int()]),
  classNames: z.array(z.string()),
  pieceBytes: z.int().min(1),
  train: halfSchema,
  test: halfSchema,
});

const halves = ['train', 'test'] as const;

function storeOf(name: DatasetName): UseStore {
  return createStore(`mir-lab-opened-${name}`, 'pieces');
}

/** A stored piece comes back with a buffer of its own. */
function isWhole(piece: unknown, length: number): piece is Uint8Array<ArrayBuffer> {
  return piece instanceof Uint8Array && piece.length === length;
}

/** Removes what has been kept so far, if the browser lets it. */
async function empty(store: UseStore | null): Promise<void> {
  try {
    if (store) await inTime(clear(store));
  } catch {
    // Pieces that are left have no record, so nobody takes them for a dataset.
  }
}

/**
 * Keeps a dataset that the viewer has opened in the browser, as pieces of bytes, in place of an earlier one of the same
 * name. It keeps all of it or nothing.
 *
 * @returns null, or why it could not be kept
 */
export async function keepDataset(name: DatasetName, dataset: WholeDataset): Promise<WorkerNotice | null> {
  let store: UseStore | null = null;
  try {
    const opened = storeOf(name);
    // Clearing may take long where much is stored; an answer does not.
    await inTime(get('record', opened));
    store = opened;
    await inTime(clear(store), patienceFor(imageSize(dataset) * (dataset.train.count + dataset.test.count)));
    for (const half of halves) {
      const { pixels } = dataset[half];
      for (let from = 0; from < pixels.length; from += pieceBytes) {
        const piece = pixels.slice(from, from + pieceBytes);
        await inTime(set(`${half} ${from}`, piece, store), patienceFor(piece.length));
      }
    }
    const kept = (half: (typeof halves)[number]) => ({
      count: dataset[half].count,
      labels: dataset[half].labels.slice(),
    });
    const { imageShape, classNames } = dataset;
    // Written last: without it there is no dataset.
    const record = { name: dataset.name, imageShape, classNames, pieceBytes, train: kept('train'), test: kept('test') };
    await inTime(set('record', record, store));
    return null;
  } catch (error) {
    await empty(store);
    return notKept(dataset.name, error, 'open');
  }
}

/** The dataset that an earlier visit kept; null if there is none, or it is not whole. */
export async function readKeptDataset(name: DatasetName): Promise<WholeDataset | null> {
  try {
    const store = storeOf(name);
    const parsed = recordSchema.safeParse(await inTime(get('record', store)));
    if (!parsed.success) return null;
    const record = parsed.data;
    const size = imageSize(record);
    const read = async (half: (typeof halves)[number]) => {
      const { count, labels } = record[half];
      const pixels = new Uint8Array(count * size);
      for (let from = 0; from < pixels.length; from += record.pieceBytes) {
        const needed = Math.min(record.pieceBytes, pixels.length - from);
        const piece: unknown = await inTime(get(`${half} ${from}`, store), patienceFor(needed));
        if (!isWhole(piece, needed)) return null;
        pixels.set(piece, from);
        freeBytes(piece);
      }
      return labels.length === count ? { count, labels, pixels } : null;
    };
    const train = await read('train');
    const test = await read('test');
    const { imageShape, classNames } = record;
    return train && test ? { name: record.name, imageShape, classNames, train, test } : null;
  } catch {
    return null;
  }
}

/** A folder picker gives each file its path; a drop may give bare names, and not every browser hands paths to workers. */
function pathOf(file: File): string {
  return (file as Partial<File>).webkitRelativePath || file.name;
}

/** Files that were picked or dropped, each with its path. */
export function namedFiles(files: readonly File[], make: typeof seekableFile): SeekableFile[] {
  return files.map((file) =>
    make(
      pathOf(file),
      file.size,
      async (from, count) => new Uint8Array(await file.slice(from, from + count).arrayBuffer()),
    ),
  );
}

/** The folder that all files are in, for messages; of many files only the first have paths. */
function commonFolder(files: readonly SeekableFile[]): string {
  if (files.length === 0) return 'The selection';
  const [top, ...below] = files[0].path.split('/');
  const common = below.length > 0 && files.slice(0, 100).every(({ path }) => path.startsWith(`${top}/`));
  return common ? top : 'The selection';
}

let canvas: OffscreenCanvas | null = null;

/**
 * Decodes a picture of any kind that the browser knows; transparent parts become black.
 *
 * @throws DOMException if the browser does not know the kind, or the picture is damaged
 */
async function decodeImage(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedImage> {
  const bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  canvas ??= new OffscreenCanvas(width, height);
  canvas.width = width;
  canvas.height = height;
  // Pixels are read at once and in this thread, where a canvas on the graphics card would be slower.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new DOMException('The browser gives no canvas to decode pictures with.', 'NotSupportedError');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
}

/**
 * Opens files that the viewer has picked or dropped; see openFiles.ts.
 *
 * @param onProgress is told how far reading is
 * @throws DataError that names the file and says what was found and what was expected
 */
export async function openDataFiles(
  files: readonly File[],
  onProgress: (progress: LoadProgress) => void,
): Promise<OpenedFiles> {
  // Most visits open no files.
  const parts = Promise.all([import('../engine/data/archives.ts'), import('../engine/data/openFiles.ts')]);
  const [{ seekableFile: make }, { openFiles }] = await parts.catch(() => {
    throw new Error(
      'The part of this page that opens files could not be fetched. Check the connection, load the page again, and choose them again.',
    );
  });
  const named = namedFiles(files, make);
  const square = async (bytes: Uint8Array, side: number) =>
    squareImage(await decodeImage(bytes as Uint8Array<ArrayBuffer>), side);
  return openFiles(commonFolder(named), named, { square, onProgress });
}
