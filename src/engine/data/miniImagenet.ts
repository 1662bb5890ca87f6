import {
  compactImages,
  classCounts,
  DataError,
  type DataProblem,
  type Dataset,
  type FileReference,
  firstFew,
  grouped,
  type ImageSet,
  imageSize,
  openedDataset,
  type OpenedDataset,
  misfit,
} from '../../core/dataset.ts';
import { randomStream, shuffled } from '../../core/random.ts';
import { baseName, besideData, kindIn, type NamedFile } from './archives.ts';
import { pictureSize } from './squareImage.ts';

/** The size of a MiniImagenet. */
export interface MiniImagenetShape {
  readonly classes: number;
  /** Training images per class. */
  readonly train: number;
  /** Test images per class. */
  readonly test: number;
}

/** The set of the paper: the usual 64 + 16 + 20 classes merged, 600 images of each (section 4.1). */
export const miniImagenetShape: MiniImagenetShape = { classes: 100, train: 480, test: 120 };

/**
 * Splits the images of one class into training and test images. The split depends only on the class's number and its
 * rows in the tables, so an image is in the same half whatever else is missing. The class's own generator shuffles its
 * rows; the first 480 are for training, the next 120 for testing, and further rows are not used. With fewer rows both
 * halves shrink alike, and each keeps one if it can.
 *
 * @returns positions among the rows, rising
 */
export function splitClass(
  classNumber: number,
  rows: number,
  { train, test }: MiniImagenetShape,
): { readonly train: Int32Array; readonly test: Int32Array } {
  const order = shuffled(
    Int32Array.from({ length: rows }, (_, row) => row),
    randomStream(classNumber, 'data'),
  );
  const used = Math.min(rows, train + test);
  const tests = Math.max(Math.round((used * test) / (train + test)), Math.min(1, used - 1), 0);
  return { train: order.slice(0, used - tests).sort(), test: order.slice(used - tests, used).sort() };
}

/** The tables of a MiniImagenet folder, in the order in which their classes are numbered. */
const tableNames = ['train.csv', 'val.csv', 'test.csv'] as const;

/** What the tables list. */
interface ListedImages {
  /** In order of first appearance. */
  readonly classNames: readonly string[];
  /** For each class the images that the tables give it, in their order, each once. */
  readonly filesOfClass: readonly (readonly string[])[];
  readonly problems: readonly DataProblem[];
}

/** Several times the largest table of a MiniImagenet. */
const tableLimit = 10_000_000;
const header = 'filename,label';

/** The rows of a table, each with its two cells; null for a row with another number of cells than the first line. */
type Rows = readonly (readonly [filename: string, label: string] | null)[];

/** What separates the cells of a table: the sign that its first line has most of. */
function delimiterOf(text: string): string {
  const [line = ''] = text.slice(0, 1_000).split(/\r?\n/, 1);
  const count = (sign: string) => line.split(sign).length;
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** The table of a name that is nearest to the top of the folder. */
function findTable(folder: FileReference, files: readonly NamedFile[], name: string): NamedFile {
  const depth = ({ path }: NamedFile) => path.split('/').length;
  const [table] = files
    .filter(({ path }) => baseName(path).toLowerCase() === name && !path.startsWith('__MACOSX/'))
    .sort((a, b) => depth(a) - depth(b));
  // An empty list has no first element, whatever its type says.
  if ((table as NamedFile | undefined) === undefined) {
    const found = files.map(({ path }) => baseName(path)).filter((path) => /\.csv$/i.test(path));
    const others = found.length === 0 ? 'there is no .csv file' : `it has ${firstFew(found)}`;
    throw new DataError(
      folder,
      `lacks ${name}: ${others}; ${tableNames.join(', ')} are needed`,
      misfit('lacks', '', name),
    );
  }
  return table;
}

/** Text in UTF-8, or in UTF-16 where its first bytes say so, as spreadsheets write "Unicode text". */
function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

async function readTable(
  folder: FileReference,
  table: NamedFile,
  parseCsv: MiniImagenetTools['parseCsv'],
): Promise<Rows> {
  const file = { name: `${folder.name}: ${table.path}`, remedy: folder.remedy };
  if (table.size > tableLimit)
    throw new DataError(
      file,
      `has ${grouped(table.size)} bytes; a table of images has no more than ${grouped(tableLimit)}`,
      misfit('large', table.size, tableLimit),
    );
  const bytes = await table.read().catch((error: unknown) => {
    throw new DataError(file, `cannot be read (${error instanceof Error ? error.message : String(error)})`, {
      kind: 'unreadable',
    });
  });
  const text = textOf(bytes);
  const delimiter = delimiterOf(text);
  const [first = [], ...rows] = parseCsv(text, delimiter);
  const columns = first.map((cell) => cell.trim().toLowerCase());
  const [filename, label] = [columns.indexOf('filename'), columns.indexOf('label')];
  // pandas writes the number of each row into a column of its own.
  const others = columns.filter((name) => !['filename', 'label', '', 'unnamed: 0', 'index'].includes(name));
  if (filename < 0 || label < 0 || others.length > 0 || columns.length > 3)
    throw new DataError(
      file,
      `begins with "${columns.join(delimiter).slice(0, 60)}"; its first line must be "${header}"`,
      misfit('header', columns.join(delimiter).slice(0, 60), header),
    );
  // Tables that were written on Windows have its separator in paths.
  const pathOf = (cell: string) => cell.trim().replaceAll('\\', '/');
  return rows.map((cells) => (cells.length === columns.length ? [pathOf(cells[filename]), cells[label].trim()] : null));
}

/**
 * Reads train.csv, val.csv and test.csv, each with a line `filename,label` for each image, and merges their
 * classes.
 *
 * @param parseCsv takes a table apart into rows of cells
 * @throws DataError if a table is missing, cannot be read or has another header
 */
async function readMiniImagenetTables(
  folder: FileReference,
  files: readonly NamedFile[],
  parseCsv: MiniImagenetTools['parseCsv'],
): Promise<ListedImages> {
  const filesOf = new Map<string, string[]>();
  const listed = new Set<string>();
  const malformed: string[] = [];
  const repeated: string[] = [];
  for (const name of tableNames) {
    const rows = await readTable(folder, findTable(folder, files, name), parseCsv);
    rows.forEach((cells, index) => {
      const [filename, label] = cells ?? ['', ''];
      if (filename === '' || label === '') malformed.push(`${name}, line ${index + 2}`);
      else if (listed.has(filename)) repeated.push(filename);
      else {
        listed.add(filename);
        const others = filesOf.get(label);
        if (others) others.push(filename);
        else filesOf.set(label, [filename]);
      }
    });
  }
  const problems: DataProblem[] = [];
  if (malformed.length > 0) {
    const text = `${grouped(malformed.length)} rows do not have a file name and a label (${firstFew(malformed)}).`;
    problems.push({ count: malformed.length, text });
  }
  if (repeated.length > 0) {
    const text = `${grouped(repeated.length)} rows name an image that another row has named (${firstFew(repeated)}); each image belongs to one row.`;
    problems.push({ count: repeated.length, text });
  }
  return { classNames: [...filesOf.keys()], filesOfClass: [...filesOf.values()], problems };
}

/** What differs between the page and Node. */
interface MiniImagenetTools {
  /** Decodes an image, and scales and cuts it as `squareImage` does; rejects if the bytes are no image. */
  readonly square: (bytes: Uint8Array, side: number) => Promise<Uint8Array>;
  /** Takes CSV text (RFC 4180) apart into rows of cells, without empty lines. */
  readonly parseCsv: (text: string, delimiter: string) => readonly (readonly string[])[];
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
/** Decoded, such a picture takes 400 MB. */
const mostPixels = 100_000_000;

/**
 * Why bytes are given to no decoder. Browsers know more kinds of pictures than Node does, and larger ones than there is
 * memory for; page and command line read the same.
 *
 * @returns null where they may be decoded; empty where they are of no kind that is known
 */
function pictureProblem(bytes: Uint8Array): string | null {
  const size = pictureSize(bytes);
  if (size === null) return kindIn(besideData, '', bytes)?.what.split(',')[0] ?? '';
  const [width, height] = size;
  if (width * height <= mostPixels) return null;
  return `it has ${grouped(width)} × ${grouped(height)} pixels; at most ${grouped(mostPixels)} are read`;
}

function allocate(folder: FileReference, labels: readonly number[]): Half {
  try {
    const pixels = new Uint8Array(labels.length * size);
    return { labels: Uint8Array.from(labels), pixels, filled: new Uint8Array(labels.length) };
  } catch {
    throw new DataError(
      folder,
      `holds ${grouped(labels.length)} images; the ${grouped(labels.length * size)} bytes for their pixels could not be allocated`,
      misfit('memory', labels.length, labels.length * size),
    );
  }
}

/**
 * Finds the file that a row names: by its path, by the end of its path, or by its name if no other file has that. Small and
 * capital letters are one, unless files differ in them alone.
 */
function fileFinder(files: readonly NamedFile[]): (filename: string) => NamedFile | undefined {
  const byName = new Map<string, NamedFile[]>();
  for (const file of files) {
    if (file.path.startsWith('__MACOSX/')) continue;
    const name = baseName(file.path).toLowerCase();
    const others = byName.get(name);
    if (others) others.push(file);
    else byName.set(name, [file]);
  }
  return (filename) => {
    const alike = byName.get(baseName(filename).toLowerCase()) ?? [];
    const lower = filename.toLowerCase();
    return (
      alike.find(({ path }) => path === filename || path.endsWith(`/${filename}`)) ??
      alike.find(({ path }) => `/${path}`.toLowerCase().endsWith(`/${lower}`)) ??
      (alike.length === 1 ? alike[0] : undefined)
    );
  };
}

/** A problem that some images share, or nothing. */
function shared(names: readonly string[], text: (count: string, names: string) => string): DataProblem[] {
  return names.length === 0 ? [] : [{ count: names.length, text: text(grouped(names.length), firstFew(names)) }];
}

/** Names classes with more or fewer images than expected; throws if one has none to train or to test on. */
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
    throw new DataError(
      folder,
      `holds ${found}; at least one of each is needed, ${shape.train} and ${shape.test} are expected`,
      { kind: 'few', found: trainCounts[empty] + testCounts[empty], needed: expected, of: classNames[empty] },
    );
  }
  const counts = classNames.map((name, label) => ({
    name,
    found: trainCounts[label] + testCounts[label],
    rows: rowsOf[label],
  }));
  const scarce = counts.filter(({ found }) => found < expected).map(({ name, found }) => `${name} has ${found}`);
  const rich = counts.filter(({ rows }) => rows > expected).map(({ name, rows }) => `${name} has ${rows}`);
  return [
    ...shared(
      scarce,
      (count, names) =>
        `${count} of ${classNames.length} classes have fewer whole images than the ${expected} that are expected: ${names}.`,
    ),
    ...shared(
      rich,
      (count, names) =>
        `${count} of ${classNames.length} classes have more images than the ${expected} that are used: ${names}.`,
    ),
  ];
}

/**
 * Opens MiniImagenet from images and the tables train.csv, val.csv and test.csv. Images are scaled to 84 pixels on
 * their shorter side and cut to the middle square. The complete set takes 1.27 GB of memory as bytes; no more than that
 * is held.
 *
 * @param folder names the folder or zip in errors
 * @param files everything in it
 * @throws DataError if the tables are missing or bad, the number of classes is another one, a class has no whole image
 *   to train or to test on, or there is too little memory
 */
export async function openMiniImagenetFiles(
  folder: FileReference,
  files: readonly NamedFile[],
  tools: MiniImagenetTools,
  shape: MiniImagenetShape = miniImagenetShape,
): Promise<OpenedDataset> {
  const { classNames, filesOfClass, problems } = await readMiniImagenetTables(folder, files, tools.parseCsv);
  if (classNames.length !== shape.classes) {
    throw new DataError(
      folder,
      `has ${classNames.length} ${classNames.length === 1 ? 'class' : 'classes'} in its tables (${firstFew(classNames) || 'none'}); ${shape.classes} are needed`,
      misfit('classes', classNames.length, shape.classes),
    );
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
  const damaged: string[] = [];
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
        const bytes = await file.read().catch((error: unknown) => {
          damaged.push(`${filename} (${error instanceof Error ? error.message : String(error)})`);
          return null;
        });
        const problem = bytes === null ? null : pictureProblem(bytes);
        if (problem !== null) unreadable.push(problem === '' ? filename : `${filename} (${problem})`);
        try {
          if (bytes !== null && problem === null) {
            half.pixels.set(await tools.square(bytes, miniImagenetImageShape[0]), index * size);
            half.filled[index] = 1;
          }
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
  const inFiles = [
    ...problems,
    ...shared(missing.sort(), (count, names) => `${count} rows name images that are missing: ${names}.`),
    ...shared(damaged.sort(), (count, names) => `${count} files cannot be read: ${names}.`),
    ...shared(
      unreadable.sort(),
      (count, names) =>
        `${count} files could not be read as images: ${names}; JPEG or PNG is expected, under the names in the tables.`,
    ),
  ];
  const remedy = [...inFiles.map(({ text }) => text), folder.remedy].join(' ');
  const inClasses = classProblems({ ...folder, remedy }, classNames, halves.train, halves.test, rowsOf, shape);
  const dataset = { name: 'MiniImagenet from your files', imageShape: miniImagenetImageShape, classNames, ...halves };
  return openedDataset(dataset, [...inFiles, ...inClasses]);
}
