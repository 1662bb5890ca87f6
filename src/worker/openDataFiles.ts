import { seekableFile, type SeekableFile } from '../engine/data/archives.ts';
import { type OpenedFiles, openFiles } from '../engine/data/openFiles.ts';
import { type DecodedImage, squareImage } from '../engine/data/squareImage.ts';
import type { LoadProgress } from '../link/protocol.ts';

/** A folder picker gives each file its path; a drop may give bare names, and not every browser hands paths to workers. */
function pathOf(file: File): string {
  return (file as Partial<File>).webkitRelativePath || file.name;
}

/** Files that were picked or dropped, each with its path. */
export function namedFiles(files: readonly File[]): SeekableFile[] {
  return files.map((file) =>
    seekableFile(
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
 * Opens files that the viewer has picked or dropped; see {@link openFiles}.
 *
 * @param onProgress is told how far reading is
 * @throws DataError that names the file and says what was found and what was expected
 */
export function openDataFiles(
  files: readonly File[],
  onProgress: (progress: LoadProgress) => void,
): Promise<OpenedFiles> {
  const named = namedFiles(files);
  const square = async (bytes: Uint8Array, side: number) =>
    squareImage(await decodeImage(bytes as Uint8Array<ArrayBuffer>), side);
  return openFiles(commonFolder(named), named, { square, onProgress });
}
