import { batchSize } from '../engine/config.ts';
import { isGzip } from '../engine/data/checkFile.ts';
import { DataError, grouped, type FileReference } from '../engine/data/dataError.ts';
import type { Dataset, ImageSet } from '../engine/data/dataset.ts';
import { joinIdx, parseIdx, type IdxImages, type IdxLabels } from '../engine/data/idx.ts';
import { mnistClassNames } from '../engine/data/mnist.ts';
import { unpack } from './unpack.ts';

/** Four times complete MNIST: whatever is larger is another kind of file. */
const largest = 200_000_000;
const side = 28;

interface Opened<T> {
  readonly file: FileReference;
  readonly content: T;
}

function reference(name: string): FileReference {
  return { name, remedy: "Choose MNIST's four files together: images and labels for training, images and labels for testing." };
}

async function readBytes(file: File, described: FileReference): Promise<Uint8Array> {
  const tooLarge = () => new DataError(described, `has more than ${grouped(largest)} bytes; MNIST's largest file has 47,040,016`);
  if (file.size > largest) throw tooLarge();
  if (!isGzip(new Uint8Array(await file.slice(0, 2).arrayBuffer()))) return new Uint8Array(await file.arrayBuffer());
  const unpacked = await unpack(file, largest).catch(() => {
    throw new DataError(described, `is a damaged or truncated gzip file of ${grouped(file.size)} bytes; it should unpack to an IDX file`);
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
  const counts = mnistClassNames.map((_, label) => half.labels.reduce((sum, found) => sum + (found === label ? 1 : 0), 0));
  const scarce = counts.findIndex((count) => count < least);
  if (scarce >= 0) {
    throw new DataError(imageFile, `has ${counts[scarce]} images labelled ${scarce}; at least ${least} of each digit are needed`);
  }
}

/**
 * Opens MNIST from IDX files of the viewer's own, plain or gzip-compressed. What a file is, its content
 * says: images or labels; the larger pair is for training. Any counts do, as long as they match.
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
    else throw new DataError(file, `holds images of ${content.height} × ${content.width}; MNIST's are ${side} × ${side}`);
  }
  if (images.length !== 2 || labels.length !== 2) {
    const names = [...images, ...labels].map(({ file }) => file.name).join(', ');
    const found = `${images.length} with images and ${labels.length} with labels (${names || 'none'})`;
    throw new DataError(reference('The selection'), `has ${files.length} files, ${found}; two of each are needed`);
  }
  images.sort((a, b) => b.content.count - a.content.count);
  const [train, test] = images;
  if (train.content.count === test.content.count) {
    throw new DataError(test.file, `has ${grouped(test.content.count)} images, as many as ${train.file.name}; the training images must be more`);
  }
  const halves = { train: withLabels(train, labels), test: withLabels(test, labels) };
  checkClasses(halves.train, train.file, batchSize);
  checkClasses(halves.test, test.file, 1);
  return { name: 'MNIST from your files', imageShape: [side, side, 1], classNames: mnistClassNames, ...halves };
}
