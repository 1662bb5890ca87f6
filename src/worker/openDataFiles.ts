import { unzipRaw } from 'unzipit';
import { DataError, firstFew, type OpenedDataset } from '../core/dataset.ts';
import { cifar10BatchImages, type DatasetName } from '../core/scenarios.ts';
import { type NamedFile, readTar, type TarFile, zipFiles } from '../engine/data/archives.ts';
import { bounded, openCifar10Files } from '../engine/data/cifar10.ts';
import { openIdxDataset } from '../engine/data/idxDataset.ts';
import { isGzip } from '../engine/data/manifest.ts';
import { anyData, plainName, recognise, type Recognised } from '../engine/data/recognise.ts';
import type { LoadProgress } from '../link/protocol.ts';
import { streamPieces } from './download.ts';
import { openMiniImagenet } from './openMiniImagenet.ts';

/** A folder picker gives each file its path; a drop may give bare names, and not every browser hands paths to workers. */
function pathOf(file: File): string {
  return (file as Partial<File>).webkitRelativePath || file.name;
}

/** Files that were picked or dropped, each with its path. */
export function namedFiles(files: readonly File[]): NamedFile[] {
  return files.map((file) => ({
    path: pathOf(file),
    size: file.size,
    read: async () => new Uint8Array(await file.arrayBuffer()),
    start: async (count) => new Uint8Array(await file.slice(0, count).arrayBuffer()),
  }));
}

/** The file's bytes, unpacked if they are gzip. `onBytes` is told how many bytes of the file have been read. */
async function unpacked(file: File, onBytes: (read: number) => void): Promise<ReadableStream<Uint8Array>> {
  let read = 0;
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      read += piece.length;
      onBytes(read);
      controller.enqueue(piece);
    },
  });
  const packed = isGzip(new Uint8Array(await file.slice(0, 2).arrayBuffer()));
  const bytes = file.stream().pipeThrough(counted);
  return packed ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes;
}

/**
 * Opens CIFAR-10 from the viewer's own copy of `cifar-10-binary.tar.gz`, packed or not. It is unpacked as it is read,
 * so that only the images and a few pieces of the file are held.
 *
 * @param onProgress told how many bytes of the file have been read
 * @throws DataError if it is another archive, or too little of it is whole
 */
export async function openCifar10Archive(
  file: File,
  onProgress: (progress: LoadProgress) => void,
  imagesPerBatch: number = cifar10BatchImages,
): Promise<OpenedDataset> {
  const archive = {
    name: file.name,
    remedy: 'Choose cifar-10-binary.tar.gz, about 170 MB, from the CIFAR-10 home page.',
  };
  const tar = await unpacked(file, (loaded) => onProgress({ what: file.name, loaded, total: file.size }));
  const pieces = bounded(archive, streamPieces(tar), imagesPerBatch);
  return openCifar10Files(archive, readTar(pieces), imagesPerBatch);
}

/** What the viewer's files turned out to be. */
export interface OpenedFiles {
  /** The dataset that they stand in for. */
  readonly name: DatasetName;
  readonly opened: OpenedDataset;
}

/** Batches that are files of their own, as an archive would give them. */
async function* unpackedBatches(files: readonly NamedFile[]): AsyncGenerator<TarFile> {
  for (const file of files) {
    const pieces = async function* () {
      yield await file.read();
    };
    yield { path: file.path, size: file.size, pieces: pieces() };
  }
}

const zipRemedy = 'Choose a whole zip, or the files that were packed into it.';

/**
 * Opens files that the viewer has picked or dropped. Their names and first bytes say what they are: IDX files, CIFAR-10's
 * binary archive or its batches, MiniImagenet as a folder, or a zip of any of these.
 *
 * @param onProgress is told how far reading is
 * @throws DataError that names the file and says what was found and what was expected
 */
export async function openDataFiles(
  files: readonly File[],
  onProgress: (progress: LoadProgress) => void,
): Promise<OpenedFiles> {
  const named = namedFiles(files);
  const folder = files.length > 0 ? commonFolder(named) : 'The selection';
  const recognised = await recognise({ name: folder, remedy: anyData }, named);
  if (recognised.kind !== 'zip') return open(folder, recognised, files, onProgress);
  const { path } = recognised.file;
  const zip = files[named.indexOf(recognised.file)];
  const inside = await zipFiles({ name: path, remedy: zipRemedy }, () => unzipRaw(zip));
  return open(path, await recognise({ name: path, remedy: anyData }, inside), files, onProgress);
}

/** The folder that all files are in, for messages; of many files only the first have paths. */
function commonFolder(files: readonly NamedFile[]): string {
  const [top, ...below] = files[0].path.split('/');
  const common = below.length > 0 && files.slice(0, 100).every(({ path }) => path.startsWith(`${top}/`));
  return common ? top : 'The selection';
}

async function open(
  folder: string,
  recognised: Recognised,
  files: readonly File[],
  onProgress: (progress: LoadProgress) => void,
): Promise<OpenedFiles> {
  switch (recognised.kind) {
    case 'idx': {
      onProgress({ what: folder === 'The selection' ? 'IDX files' : folder, loaded: 0, total: 0 });
      return { name: 'mnist', opened: { kind: 'whole', dataset: await openIdxDataset(folder, recognised.files) } };
    }
    case 'batches': {
      const remedy =
        "Choose CIFAR-10's six .bin files together (data_batch_1.bin to data_batch_5.bin, test_batch.bin), or cifar-10-binary.tar.gz.";
      const names = recognised.files.map(({ path }) => plainName(path)).filter((name) => name.endsWith('.bin'));
      const test = names.includes('test_batch.bin');
      if (names.some((name) => /^(data_batch_\d|test_batch)\.bin$/.test(name)) && (!test || names.length === 1)) {
        const needed = test ? 'a training batch' : 'test_batch.bin';
        throw new DataError({ name: folder, remedy }, `holds ${firstFew(names)} alone; ${needed} is needed too`);
      }
      onProgress({ what: 'CIFAR-10', loaded: 0, total: 0 });
      const opened = await openCifar10Files({ name: folder, remedy }, unpackedBatches(recognised.files));
      return { name: 'cifar10', opened };
    }
    case 'tar': {
      const tar = files.find((file) => pathOf(file) === recognised.file.path);
      if (!tar) throw new DataError({ name: recognised.file.path, remedy: 'Unpack the zip first.' }, 'lies in a zip');
      return { name: 'cifar10', opened: await openCifar10Archive(tar, onProgress) };
    }
    case 'images': {
      const remedy = 'Choose a folder or zip with images and train.csv, val.csv, test.csv.';
      const opened = await openMiniImagenet({ name: folder, remedy }, recognised.files, onProgress);
      return { name: 'miniimagenet', opened };
    }
    case 'zip':
      throw new DataError({ name: recognised.file.path, remedy: 'Unpack the outer one first.' }, 'is a zip in a zip');
    default:
      return recognised satisfies never;
  }
}
