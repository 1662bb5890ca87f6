import { batchSize } from '../../core/config.ts';
import {
  compactImages,
  classCounts,
  DataError,
  type DataProblem,
  type FileReference,
  firstFew,
  grouped,
  type ImageSet,
  imageSize,
  openedDataset,
  type OpenedDataset,
  misfit,
} from '../../core/dataset.ts';
import { cifar10BatchImages, cifar10ClassNames, cifar10ImageShape, cifar10TrainBatches } from '../../core/scenarios.ts';
import { plainName, type TarFile } from './archives.ts';
import { idxInTar } from './recognise.ts';

const plane = 1_024;
const recordBytes = 1 + 3 * plane;

/** The places that the images of a batch go to. */
interface BatchPlaces {
  /** One for each image of the batch. */
  readonly labels: Uint8Array;
  /** 3,072 numbers for each image. */
  readonly pixels: Uint8Array;
  /** Set to 1 for each image that is whole. */
  readonly filled: Uint8Array;
}

/**
 * One batch of CIFAR-10's binary version as its bytes arrive: records of a label and 3,072 pixels, 1,024 red,
 * then green, then blue, each row by row (https://www.cs.toronto.edu/~kriz/cifar.html). Images are turned to
 * [height, width, channel]. Record k fills place k; one with an impossible label leaves its place empty.
 */
export class Cifar10Batch {
  readonly #places: BatchPlaces;
  readonly #record = new Uint8Array(recordBytes);
  /** Bytes of the record that is under way. */
  #fill = 0;
  #bytes = 0;
  readonly #wrongLabels: number[] = [];

  constructor(places: BatchPlaces) {
    this.#places = places;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Labels that no class has, in the order of their records. */
  get wrongLabels(): readonly number[] {
    return this.#wrongLabels;
  }

  /** Bytes that a batch of this many images has. */
  static bytesOf(images: number): number {
    return images * recordBytes;
  }

  /** Takes the next bytes; those beyond the last place are counted and dropped. */
  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const taken = bytes.subarray(from, from + recordBytes - this.#fill);
      this.#record.set(taken, this.#fill);
      this.#fill += taken.length;
      this.#bytes += taken.length;
      from += taken.length;
      if (this.#fill === recordBytes) {
        this.#place(this.#bytes / recordBytes - 1);
        this.#fill = 0;
      }
    }
  }

  #place(place: number): void {
    const { labels, pixels, filled } = this.#places;
    if (place >= labels.length) return;
    const label = this.#record[0];
    if (label >= cifar10ClassNames.length) {
      this.#wrongLabels.push(label);
      return;
    }
    labels[place] = label;
    filled[place] = 1;
    let to = place * 3 * plane;
    for (let pixel = 1; pixel <= plane; pixel++) {
      pixels[to++] = this.#record[pixel];
      pixels[to++] = this.#record[pixel + plane];
      pixels[to++] = this.#record[pixel + 2 * plane];
    }
  }
}

const size = imageSize({ imageShape: cifar10ImageShape });
const classes = cifar10ClassNames.length;
const batchNames = [
  ...Array.from({ length: cifar10TrainBatches }, (_, index) => `data_batch_${index + 1}.bin`),
  'test_batch.bin',
];
const classFile = 'batches.meta.txt';
/** The most bytes that an archive may unpack to: its batches, and some for all else. */
function mostBytesOf(imagesPerBatch: number): number {
  return batchNames.length * Cifar10Batch.bytesOf(imagesPerBatch) + 32_000_000;
}

function tooManyBytes(archive: FileReference, most: number, which = ''): DataError {
  return new DataError(
    archive,
    `unpacks to more than ${grouped(most)} bytes${which}; CIFAR-10's binary version has 184,380,000`,
    misfit('large', '', most),
  );
}

/** Bytes of an archive on their way; throws a DataError where there are more than any archive of CIFAR-10 has. */
export async function* bounded(
  archive: FileReference,
  pieces: AsyncIterable<Uint8Array>,
  imagesPerBatch: number,
): AsyncGenerator<Uint8Array> {
  const most = mostBytesOf(imagesPerBatch);
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > most) throw tooManyBytes(archive, most);
    yield piece;
  }
}
/** Longer than any list of class names. */
const classFileLimit = 10_000;

/** Throws if a file's name shows that this is another archive. */
function checkKind(archive: FileReference, path: string): void {
  const wanted = 'the binary version of CIFAR-10 (cifar-10-binary.tar.gz) is needed';
  const other = (found: string) => ({ kind: 'notRead', as: 'format', wants: 'CIFAR-10', found }) as const;
  if (/cifar-10-batches-py\/|(^|\/)(data_batch_\d|test_batch|batches\.meta)$/.test(path)) {
    throw new DataError(archive, `is CIFAR-10's version for Python; ${wanted}`, other('.pkl'));
  }
  if (/idx[13][-._]ubyte/i.test(path)) throw new DataError(...idxInTar(archive.name));
  if (/\.mat$/.test(path)) throw new DataError(archive, `is a version for Matlab; ${wanted}`, other('.mat'));
  if (/cifar-100-|(coarse|fine)_label/.test(path))
    throw new DataError(archive, `is CIFAR-100; ${wanted}`, { ...other('CIFAR-100'), as: 'dataset' });
}

async function checkClassNames(archive: FileReference, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of pieces) if (text.length < classFileLimit) text += decoder.decode(piece, { stream: true });
  const names = text.split(/\s+/).filter((name) => name !== '');
  if (names.join() !== cifar10ClassNames.join()) {
    throw new DataError(
      archive,
      `names the classes ${firstFew(names)}; CIFAR-10's are ${firstFew(cifar10ClassNames)}`,
      misfit('names', firstFew(names), firstFew(cifar10ClassNames)),
    );
  }
}

/** The faults of one batch that was found. */
function batchProblems(name: string, batch: Cifar10Batch, images: number): DataProblem[] {
  const problems: DataProblem[] = [];
  const needed = Cifar10Batch.bytesOf(images);
  if (batch.bytes !== needed) {
    const count = Math.ceil(Math.abs(needed - batch.bytes) / Cifar10Batch.bytesOf(1));
    const bytes = `${name} has ${grouped(batch.bytes)} bytes; ${grouped(images)} images need ${grouped(needed)}`;
    problems.push({
      count,
      text: `${bytes}: ${grouped(count)} ${batch.bytes < needed ? 'are missing or cut off' : 'too many'}.`,
    });
  }
  const { wrongLabels } = batch;
  if (wrongLabels.length > 0) {
    const text = `${name} has ${grouped(wrongLabels.length)} records with impossible labels (${firstFew(wrongLabels.map(String))}); labels go from 0 to ${classes - 1}.`;
    problems.push({ count: wrongLabels.length, text });
  }
  return problems;
}

/** Throws if a class has too few images to train or to test on; names classes that lack some. */
function classProblems(
  archive: FileReference,
  half: 'training' | 'test',
  { labels }: ImageSet,
  expected: number,
): DataProblem[] {
  const counts = classCounts(labels, classes);
  const least = half === 'training' ? batchSize : 1;
  const scarce = counts.findIndex((count) => count < least);
  if (scarce >= 0) {
    const found = `${counts[scarce]} whole ${half} images of ${cifar10ClassNames[scarce]}`;
    throw new DataError(
      archive,
      `has ${found}; at least ${least} are needed, and ${grouped(expected)} are in the complete data`,
      { kind: 'few', found: counts[scarce], needed: least, of: cifar10ClassNames[scarce] },
    );
  }
  const others = cifar10ClassNames.filter((_, label) => counts[label] !== expected);
  if (others.length === 0) return [];
  const names = others.map((name) => `${name} ${grouped(counts[cifar10ClassNames.indexOf(name)])}`);
  return [
    {
      count: others.length,
      text: `${others.length} ${others.length === 1 ? 'class does' : 'classes do'} not have ${grouped(expected)} ${half} images: ${firstFew(names)}.`,
    },
  ];
}

/**
 * Opens CIFAR-10 from the files of its official binary archive, in whatever order they come.
 *
 * @param archive names the archive in errors
 * @param files read to their end or to their first error; an error keeps what came before it
 * @param imagesPerBatch 10,000 in the official archive
 * @throws DataError if it is another archive, or too little of it is whole
 */
export async function openCifar10Files(
  archive: FileReference,
  files: AsyncIterable<TarFile>,
  imagesPerBatch: number = cifar10BatchImages,
): Promise<OpenedDataset> {
  const images = batchNames.length * imagesPerBatch;
  const labels = new Uint8Array(images);
  const pixels = new Uint8Array(images * size);
  const filled = new Uint8Array(images);
  const batches = new Map<string, Cifar10Batch>();
  const paths: string[] = [];
  let bytes = 0;
  const most = mostBytesOf(imagesPerBatch);
  const problems: DataProblem[] = [];
  try {
    for await (const { path, size: fileSize, pieces } of files) {
      checkKind(archive, path);
      paths.push(path);
      bytes += fileSize;
      if (bytes > most) throw tooManyBytes(archive, most, ` (${path} alone has ${grouped(fileSize)})`);
      const name = plainName(path);
      const number = batchNames.indexOf(name);
      if (name === classFile) await checkClassNames(archive, pieces);
      if (number < 0) continue;
      if (batches.has(name)) {
        problems.push({ count: 1, text: `${name} is there twice; the first one is used.` });
        continue;
      }
      const [from, to] = [number * imagesPerBatch, (number + 1) * imagesPerBatch];
      const batch = new Cifar10Batch({
        labels: labels.subarray(from, to),
        pixels: pixels.subarray(from * size, to * size),
        filled: filled.subarray(from, to),
      });
      batches.set(name, batch);
      for await (const piece of pieces) batch.push(piece);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (batches.size === 0)
      throw new DataError(archive, 'is not a whole .tar.gz archive: it is damaged, cut off or of another kind', {
        kind: 'damaged',
      });
    problems.push({ count: 1, text: 'The archive is damaged or cut off: reading it stopped before its end.' });
  }
  if (batches.size === 0) {
    const found = paths.length === 0 ? 'it holds no files' : `it holds ${firstFew(paths)}`;
    throw new DataError(
      archive,
      `is not CIFAR-10's binary version: ${found}; ${batchNames[0]} and the others are needed`,
      { kind: 'notRead', as: 'unknown', wants: 'CIFAR-10' },
    );
  }
  const missing = batchNames.filter((name) => !batches.has(name));
  if (missing.length > 0) {
    problems.push({
      count: missing.length,
      text: `${missing.length} of ${batchNames.length} batches are missing: ${missing.join(', ')}.`,
    });
  }
  for (const [name, batch] of batches) problems.push(...batchProblems(name, batch, imagesPerBatch));

  const trainPlaces = cifar10TrainBatches * imagesPerBatch;
  const half = (from: number, to: number) =>
    compactImages(labels.subarray(from, to), pixels.subarray(from * size, to * size), filled.subarray(from, to), size);
  const train = half(0, trainPlaces);
  const test = half(trainPlaces, images);
  const unequal = [
    ...classProblems(archive, 'training', train, trainPlaces / classes),
    ...classProblems(archive, 'test', test, imagesPerBatch / classes),
  ];
  // Missing images leave their classes short; that is said already.
  if (problems.length === 0) problems.push(...unequal);
  const dataset = {
    name: 'CIFAR-10 from your archive',
    imageShape: cifar10ImageShape,
    classNames: cifar10ClassNames,
    train,
    test,
  };
  return openedDataset(dataset, problems);
}
