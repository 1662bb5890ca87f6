import Papa from 'papaparse';
import { type FileReference, imageSize, type OpenedDataset } from '../core/dataset.ts';
import type { NamedFile } from '../engine/data/archives.ts';
import {
  miniImagenetImageShape,
  miniImagenetShape,
  type MiniImagenetShape,
  openMiniImagenetFiles,
} from '../engine/data/miniImagenet.ts';
import { type DecodedImage, squareImage } from '../engine/data/squareImage.ts';
import type { LoadProgress } from '../link/protocol.ts';

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

const what = 'MiniImagenet';

/**
 * Opens MiniImagenet from the files of a folder or a zip.
 *
 * @param folder names it in errors
 * @param onProgress told how many bytes of pixels have been made, of how many
 * @throws DataError if it cannot be used at all
 */
export function openMiniImagenet(
  folder: FileReference,
  files: readonly NamedFile[],
  onProgress: (progress: LoadProgress) => void,
  shape: MiniImagenetShape = miniImagenetShape,
): Promise<OpenedDataset> {
  const size = imageSize({ imageShape: miniImagenetImageShape });
  const tools = {
    square: async (bytes: Uint8Array, side: number) =>
      squareImage(await decodeImage(bytes as Uint8Array<ArrayBuffer>), side),
    parseCsv: (text: string, delimiter: string) =>
      Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter }).data,
    onProgress: (done: number, total: number) => onProgress({ what, loaded: done * size, total: total * size }),
  };
  return openMiniImagenetFiles(folder, files, tools, shape);
}
