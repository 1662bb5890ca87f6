import { batchSize } from '../core/config.ts';
import {
  DataError,
  type Dataset,
  type FileReference,
  grouped,
  type ImageSet,
  type OpenedDataset,
} from '../core/dataset.ts';
import { cifar10BatchImages, type DatasetName } from '../core/scenarios.ts';
import { baseName, readTar } from '../engine/data/archives.ts';
import { openCifar10Files } from '../engine/data/cifar10.ts';
import { type IdxImages, type IdxLabels, joinIdx, mnistClassNames, parseIdx } from '../engine/data/idx.ts';
import { isGzip } from '../engine/data/manifest.ts';
import type { LoadProgress } from '../link/protocol.ts';
import { streamPieces, unpack } from './download.ts';
import { openMiniImagenet } from './openMiniImagenet.ts';

/** Four times complete MNIST: anything larger is another kind of file. */
const largest = 200_000_000;
const side = 28;

interface Opened<T> {
  readonly file: FileReference;
  readonly content: T;
}

function reference(name: string): FileReference {
  return {
    name,
    remedy: "Choose MNIST's four files together: images and labels for training, images and labels for testing.",
  };
}

async function readBytes(file: File, described: FileReference): Promise<Uint8Array> {
  const tooLarge = () =>
    new DataError(described, `has more than ${grouped(largest)} bytes; MNIST's largest file has 47,040,016`);
  if (file.size > largest) throw tooLarge();
  if (!isGzip(new Uint8Array(await file.slice(0, 2).arrayBuffer()))) return new Uint8Array(await file.arrayBuffer());
  const unpacked = await unpack(file, largest).catch(() => {
    throw new DataError(
      described,
      `is a damaged or truncated gzip file of ${grouped(file.size)} bytes; it should unpack to an IDX file`,
    );
  });
  if (!unpacked) throw tooLarge();
  return unpacked;
}

/** Finds the labels that belong to some images by their count. */
function withLabels(images: Opened<IdxImages>, labels: readonly Opened<IdxLabels>[]): ImageSet {
  const partner = labels.find(({ content }) => content.count === images.content.count);
  if (!partner) {
    const found = labels.map(({ file, content }) => `${file.name} has ${grouped(content.count)} labels`).join(', ');
    throw new DataError(
      images.file,
      `has ${grouped(images.content.count)} images, but no file has as many labels (${found || 'there is no label file'})`,
    );
  }
  return joinIdx(images.content, partner.content, images.file.name, partner.file);
}

function checkClasses(half: ImageSet, imageFile: FileReference, least: number): void {
  const counts = mnistClassNames.map((_, label) =>
    half.labels.reduce((sum, found) => sum + (found === label ? 1 : 0), 0),
  );
  const scarce = counts.findIndex((count) => count < least);
  if (scarce >= 0) {
    throw new DataError(
      imageFile,
      `has ${counts[scarce]} images labelled ${scarce}; at least ${least} of each digit are needed`,
    );
  }
}

/**
 * Opens MNIST from the viewer's own IDX files, plain or gzip-compressed. The content of a file says whether it holds
 * images or labels; the larger pair is for training. Any counts are allowed as long as they match.
 *
 * @throws DataError that names the file and says what was found and what was expected
 */
export async function openIdxFiles(files: readonly File[]): Promise<Dataset> {
  const images: Opened<IdxImages>[] = [];
  const labels: Opened<IdxLabels>[] = [];
  for (const chosen of files) {
    const file = reference(chosen.name);
    const content = parseIdx(file, await readBytes(chosen, file), mnistClassNames.length);
    if (content.kind === 'labels') labels.push({ file, content });
    else if (content.height === side && content.width === side) images.push({ file, content });
    else
      throw new DataError(file, `holds images of ${content.height} × ${content.width}; MNIST's are ${side} × ${side}`);
  }
  if (images.length !== 2 || labels.length !== 2) {
    const names = [...images, ...labels].map(({ file }) => file.name).join(', ');
    const found = `${images.length} with images and ${labels.length} with labels (${names || 'none'})`;
    throw new DataError(reference('The selection'), `has ${files.length} files, ${found}; two of each are needed`);
  }
  images.sort((a, b) => b.content.count - a.content.count);
  const [train, test] = images;
  if (train.content.count === test.content.count) {
    throw new DataError(
      test.file,
      `has ${grouped(test.content.count)} images, as many as ${train.file.name}; the training images must be more`,
    );
  }
  const halves = { train: withLabels(train, labels), test: withLabels(test, labels) };
  checkClasses(halves.train, train.file, batchSize);
  checkClasses(halves.test, test.file, 1);
  return { name: 'MNIST from your files', imageShape: [side, side, 1], classNames: mnistClassNames, ...halves };
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
  return openCifar10Files(archive, readTar(streamPieces(tar)), imagesPerBatch);
}

/** What the viewer's files turned out to be. */
export interface OpenedFiles {
  /** The dataset that they stand in for. */
  readonly name: DatasetName;
  readonly opened: OpenedDataset;
}

/** The place where a tar file says that it is one, and the text there (POSIX 1003.1, ustar). */
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
    // What has arrived is all that there is.
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
 * Opens files that the viewer has picked or dropped. Their names and first bytes say what they are: MNIST's four IDX
 * files, CIFAR-10's binary archive, or MiniImagenet as a folder or zip.
 *
 * @param onProgress is told how far reading is
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
