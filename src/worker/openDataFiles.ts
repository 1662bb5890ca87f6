import { isGzip } from '../engine/data/checkFile.ts';
import { DataError } from '../engine/data/dataError.ts';
import { baseName } from '../engine/data/namedFile.ts';
import type { OpenedDataset } from '../engine/data/openedDataset.ts';
import type { DatasetName } from '../engine/scenarios/scenario.ts';
import { openCifar10Archive } from './openCifar10Archive.ts';
import { openIdxFiles } from './openIdxFiles.ts';
import { openMiniImagenet } from './openMiniImagenet.ts';
import type { LoadProgress } from './protocol.ts';

/** What the viewer's files turned out to be. */
export interface OpenedFiles {
  /** The dataset that they stand in for. */
  readonly name: DatasetName;
  readonly opened: OpenedDataset;
}

/** Where a tar says that it is one, and what it says there (POSIX 1003.1, ustar). */
const tarMark = { offset: 257, text: 'ustar' };

/** The first bytes of a file, unpacked if it is gzip; fewer if it is short or damaged. */
async function firstBytes(file: File, count: number): Promise<Uint8Array> {
  const start = file.slice(0, 65_536);
  const bytes = new Uint8Array(await start.arrayBuffer());
  if (!isGzip(bytes)) return bytes.subarray(0, count);
  const reader = start.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  let unpacked = new Uint8Array(0);
  try {
    // The start alone is a truncated file, so reading ends with an error at the latest.
    for (let next = await reader.read(); !next.done && unpacked.length < count; next = await reader.read()) {
      unpacked = Uint8Array.from([...unpacked, ...next.value.subarray(0, count)]);
    }
  } catch {
    // What has come is all there is.
  }
  await reader.cancel().catch(() => {});
  return unpacked.subarray(0, count);
}

async function kindOf(files: readonly File[]): Promise<DatasetName> {
  if (files.some(({ name }) => /\.(csv|zip|jpe?g|png)$/i.test(name))) return 'miniimagenet';
  if (files.length !== 1) return 'mnist';
  const [file] = files;
  const bytes = await firstBytes(file, tarMark.offset + tarMark.text.length);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return 'miniimagenet';
  const mark = new TextDecoder().decode(bytes.subarray(tarMark.offset));
  return mark === tarMark.text || /\.(tar|tgz|tar\.gz)$/i.test(baseName(file.name)) ? 'cifar10' : 'mnist';
}

/**
 * Opens files that the viewer has picked or dropped. What they are, their names and first bytes say: MNIST's four
 * IDX files, CIFAR-10's binary archive, or MiniImagenet as a folder or zip.
 *
 * @param onProgress told how far reading is
 * @throws DataError that names the file and says what was found and what was expected
 */
export async function openDataFiles(
  files: readonly File[],
  onProgress: (progress: LoadProgress) => void,
): Promise<OpenedFiles> {
  if (files.length === 0) {
    const remedy = "Choose MNIST's four IDX files, cifar-10-binary.tar.gz, or a folder or zip of MiniImagenet.";
    throw new DataError({ name: 'The selection', remedy }, 'holds no files');
  }
  const name = await kindOf(files);
  switch (name) {
    case 'mnist':
      return { name, opened: { kind: 'whole', dataset: await openIdxFiles(files) } };
    case 'cifar10':
      return { name, opened: await openCifar10Archive(files[0], onProgress) };
    case 'miniimagenet':
      return { name, opened: await openMiniImagenet(files, onProgress) };
    default:
      return name satisfies never;
  }
}
