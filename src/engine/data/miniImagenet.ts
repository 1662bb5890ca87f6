import { classCounts } from './classCounts.ts';
import { compactImages } from './compactImages.ts';
import { DataError, grouped, type FileReference } from './dataError.ts';
import { imageSize, type Dataset, type ImageSet } from './dataset.ts';
import { firstFew } from './firstFew.ts';
import { miniImagenetShape, splitClass, type MiniImagenetShape } from './miniImagenetSplit.ts';
import { readMiniImagenetTables } from './miniImagenetTables.ts';
import { baseName, type NamedFile } from './namedFile.ts';
import { openedDataset, type DataProblem, type OpenedDataset } from './openedDataset.ts';

/** What differs between the page and Node. */
export interface MiniImagenetTools {
  /** Decodes an image, and scales and cuts it as `squareImage` does; rejects if the bytes are no image. */
  readonly square: (bytes: Uint8Array, side: number) => Promise<Uint8Array>;
  /** Takes CSV text (RFC 4180) apart into rows of cells, without empty lines. */
  readonly parseCsv: (text: string) => readonly (readonly string[])[];
  /** Told how many images have been read, of how many. */
  readonly onProgress: (done: number, total: number) => void;
}

/** One image on its way into its half. */
interface Place {
  readonly filename: string;
  readonly half: Half;
  readonly index: number;
}

interface Half {
  readonly labels: Uint8Array;
  readonly pixels: Uint8Array;
  readonly filled: Uint8Array;
}

export const miniImagenetImageShape: Dataset['imageShape'] = [84, 84, 3];
const size = imageSize({ imageShape: miniImagenetImageShape });
/** Images read at a time. */
const parallel = 8;
/** The largest photograph of ImageNet has 15 MB. */
const imageLimit = 100_000_000;

function allocate(folder: FileReference, labels: readonly number[]): Half {
  try {
    const pixels = new Uint8Array(labels.length * size);
    return { labels: Uint8Array.from(labels), pixels, filled: new Uint8Array(labels.length) };
  } catch {
    throw new DataError(folder, `holds ${grouped(labels.length)} images; the ${grouped(labels.length * size)} bytes that they need as pixels could not be had`);
  }
}

/** Finds the file that a row names: by its path, by the end of its path, or by its name if no other file has that. */
function fileFinder(files: readonly NamedFile[]): (filename: string) => NamedFile | undefined {
  const byName = new Map<string, NamedFile[]>();
  for (const file of files) {
    if (file.path.startsWith('__MACOSX/')) continue;
    const name = baseName(file.path);
    const others = byName.get(name);
    if (others) others.push(file);
    else byName.set(name, [file]);
  }
  return (filename) => {
    const alike = byName.get(baseName(filename)) ?? [];
    return alike.find(({ path }) => path === filename || path.endsWith(`/${filename}`)) ?? (alike.length === 1 ? alike[0] : undefined);
  };
}

/** A problem that some images share, or nothing. */
function shared(names: readonly string[], text: (count: string, names: string) => string): DataProblem[] {
  return names.length === 0 ? [] : [{ count: names.length, text: text(grouped(names.length), firstFew(names)) }];
}

/** Names classes that have other numbers of images than expected; throws if one has none to train or test on. */
function classProblems(
  folder: FileReference,
  classNames: readonly string[],
  train: ImageSet,
  test: ImageSet,
  rowsOf: readonly number[],
  shape: MiniImagenetShape,
): DataProblem[] {
  const trainCounts = classCounts(train.labels, classNames.length);
  const testCounts = classCounts(test.labels, classNames.length);
  const expected = shape.train + shape.test;
  const empty = classNames.findIndex((_, label) => trainCounts[label] === 0 || testCounts[label] === 0);
  if (empty >= 0) {
    const found = `of the class ${classNames[empty]} only ${trainCounts[empty]} training and ${testCounts[empty]} test images that are whole`;
    throw new DataError(folder, `holds ${found}; at least one of each is needed, ${shape.train} and ${shape.test} are expected`);
  }
  const counts = classNames.map((name, label) => ({ name, found: trainCounts[label] + testCounts[label], rows: rowsOf[label] }));
  const scarce = counts.filter(({ found }) => found < expected).map(({ name, found }) => `${name} has ${found}`);
  const rich = counts.filter(({ rows }) => rows > expected).map(({ name, rows }) => `${name} has ${rows}`);
  return [
    ...shared(scarce, (count, names) => `${count} of ${classNames.length} classes have fewer whole images than the ${expected} that are expected: ${names}.`),
    ...shared(rich, (count, names) => `${count} of ${classNames.length} classes have more images than the ${expected} that are used: ${names}.`),
  ];
}

/**
 * Opens MiniImagenet from images and the tables train.csv, val.csv and test.csv. Images are scaled to 84 pixels
 * on their shorter side and cut to the middle square. The complete set takes 1.27 GB of memory as bytes: that
 * much, and not more, is held.
 *
 * @param folder names the folder or zip in errors
 * @param files everything in it
 * @throws DataError if the tables are missing or bad, the number of classes is another one, a class has no whole
 *   image to train or to test on, or there is too little memory
 */
export async function openMiniImagenetFiles(
  folder: FileReference,
  files: readonly NamedFile[],
  tools: MiniImagenetTools,
  shape: MiniImagenetShape = miniImagenetShape,
): Promise<OpenedDataset> {
  const { classNames, filesOfClass, problems } = await readMiniImagenetTables(folder, files, tools.parseCsv);
  if (classNames.length !== shape.classes) {
    throw new DataError(folder, `has ${classNames.length} classes in its tables (${firstFew(classNames) || 'none'}); ${shape.classes} are needed`);
  }
  const splits = filesOfClass.map((names, label) => splitClass(label, names.length, shape));
  const labelsOf = (half: 'train' | 'test') => splits.flatMap((split, label) => Array.from(split[half], () => label));
  const [train, test] = [allocate(folder, labelsOf('train')), allocate(folder, labelsOf('test'))];
  const placesOf = (half: 'train' | 'test', target: Half) =>
    splits
      .flatMap((split, label) => Array.from(split[half], (row) => filesOfClass[label][row]))
      .map((filename, index): Place => ({ filename, half: target, index }));
  const places = [...placesOf('train', train), ...placesOf('test', test)];

  const find = fileFinder(files);
  const missing: string[] = [];
  const unreadable: string[] = [];
  let next = 0;
  let done = 0;
  const readOn = async () => {
    while (next < places.length) {
      const { filename, half, index } = places[next++];
      const file = find(filename);
      if (!file) missing.push(filename);
      else if (file.size > imageLimit) unreadable.push(filename);
      else {
        try {
          half.pixels.set(await tools.square(await file.read(), miniImagenetImageShape[0]), index * size);
          half.filled[index] = 1;
        } catch {
          unreadable.push(filename);
        }
      }
      tools.onProgress(++done, places.length);
    }
  };
  await Promise.all(Array.from({ length: parallel }, readOn));

  const halves = {
    train: compactImages(train.labels, train.pixels, train.filled, size),
    test: compactImages(test.labels, test.pixels, test.filled, size),
  };
  const rowsOf = filesOfClass.map((names) => names.length);
  const found = [
    ...problems,
    ...shared(missing.sort(), (count, names) => `${count} rows name images that are missing: ${names}.`),
    ...shared(unreadable.sort(), (count, names) => `${count} files could not be read as images: ${names}; JPEG or PNG is expected.`),
    ...classProblems(folder, classNames, halves.train, halves.test, rowsOf, shape),
  ];
  const dataset = { name: 'MiniImagenet from your files', imageShape: miniImagenetImageShape, classNames, ...halves };
  return openedDataset(dataset, found);
}
