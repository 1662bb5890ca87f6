import { batchSize } from '../../core/config.ts';
import {
  classCounts,
  DataError,
  type DataFault,
  type WholeDataset,
  type FileReference,
  grouped,
  type WholeSet,
  firstBytes,
  misfit,
} from '../../core/dataset.ts';
import { type NamedFile, unpackUpTo } from './archives.ts';
import { isGzip } from './manifest.ts';
import { reasonOf, tellingNames } from './recognise.ts';

/** What an IDX file of bytes holds: images (three dimensions) or labels (one). */
export type IdxContent =
  | {
      readonly kind: 'images';
      readonly count: number;
      readonly height: number;
      readonly width: number;
      /** `count` images one after another, row-major, 0 … 255; a view on the file's bytes. */
      readonly pixels: Uint8Array;
    }
  | {
      readonly kind: 'labels';
      readonly count: number;
      /** One class index per image; a view on the file's bytes. */
      readonly labels: Uint8Array;
    };

export type IdxImages = Extract<IdxContent, { kind: 'images' }>;
export type IdxLabels = Extract<IdxContent, { kind: 'labels' }>;

const labelsMagic = 0x00000801;
const imagesMagic = 0x00000803;

/** An end for messages about a file whose length is wrong. */
function lengthProblem(found: number, contents: string, needed: number): string {
  return `has ${grouped(found)} bytes; ${contents} need ${grouped(needed)}`;
}

function sizeFault({ length }: Uint8Array, needed: number): DataFault {
  return { kind: 'size', found: length, needed };
}

function shortHeader(file: FileReference, bytes: Uint8Array, of: string, needed: number): DataError {
  const problem = `has ${bytes.length} bytes; the header of ${of} alone needs ${needed}`;
  return new DataError(file, problem, sizeFault(bytes, needed));
}

function parseLabels(file: FileReference, bytes: Uint8Array, view: DataView, classes: number): IdxLabels {
  if (bytes.length < 8) throw shortHeader(file, bytes, 'a label file', 8);
  const count = view.getUint32(4);
  if (count === 0) throw new DataError(file, 'holds 0 labels; at least one is needed', { kind: 'empty' });
  const needed = 8 + count;
  if (bytes.length !== needed)
    throw new DataError(
      file,
      lengthProblem(bytes.length, `${grouped(count)} labels`, needed),
      sizeFault(bytes, needed),
    );
  const labels = bytes.subarray(8);
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new DataError(
      file,
      `says that image ${grouped(wrong + 1)} is of class ${labels[wrong]}; labels go from 0 to ${classes - 1}`,
      misfit('label', labels[wrong], classes - 1),
    );
  }
  return { kind: 'labels', count, labels };
}

function parseImages(file: FileReference, bytes: Uint8Array, view: DataView): IdxImages {
  if (bytes.length < 16) throw shortHeader(file, bytes, 'an image file', 16);
  const count = view.getUint32(4);
  const height = view.getUint32(8);
  const width = view.getUint32(12);
  const contents = `${grouped(count)} images of ${height} × ${width}`;
  if (count === 0 || height === 0 || width === 0) {
    throw new DataError(file, `holds ${contents}; at least one image of at least one pixel is needed`, {
      kind: 'empty',
    });
  }
  const needed = 16 + count * height * width;
  if (bytes.length !== needed)
    throw new DataError(file, lengthProblem(bytes.length, contents, needed), sizeFault(bytes, needed));
  return { kind: 'images', count, height, width, pixels: bytes.subarray(16) };
}

/**
 * Reads an IDX file of unsigned bytes, the format of MNIST: a big-endian magic number (0x803 images, 0x801
 * labels), each dimension as a 32-bit number, then the values (http://yann.lecun.com/exdb/mnist/).
 *
 * @param file names the file in errors
 * @param bytes the whole file, unpacked; the result is a view on it
 * @param classes labels must be below this number
 * @throws DataError if the file is of another kind, shorter or longer than its header says, or mislabelled
 */
export function parseIdx(file: FileReference, bytes: Uint8Array, classes: number): IdxContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length < 4 ? null : view.getUint32(0);
  switch (magic) {
    case labelsMagic:
      return parseLabels(file, bytes, view, classes);
    case imagesMagic:
      return parseImages(file, bytes, view);
    default: {
      const found = bytes.length === 0 ? 'it is empty' : `it begins with the bytes ${firstBytes(bytes)}`;
      throw new DataError(
        file,
        `is not an IDX file of images or labels: ${found}; images begin with 00 00 08 03, labels with 00 00 08 01`,
        { kind: 'notRead', as: 'unknown', wants: 'MNIST' },
      );
    }
  }
}

/**
 * Joins images with their labels.
 *
 * @throws DataError naming the label file if the counts differ
 */
export function joinIdx(images: IdxImages, labels: IdxLabels, imageFile: string, labelFile: FileReference): WholeSet {
  if (images.count !== labels.count) {
    const counts = `${grouped(labels.count)} labels; ${imageFile} has ${grouped(images.count)} images`;
    throw new DataError(
      labelFile,
      `holds ${counts}, and each image needs one label`,
      misfit('unequal', labels.count, images.count),
    );
  }
  return { count: images.count, labels: labels.labels, pixels: images.pixels };
}

/** What the ten classes of MNIST are called. */
export const mnistClassNames: readonly string[] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const emnistClassNames = mnistClassNames.map((digit) => `EMNIST ${digit}`);

/** Four times complete MNIST, and more than EMNIST's digits: anything larger is another kind of file. */
const largest = 200_000_000;
const side = 28;

interface Opened<T> {
  readonly file: FileReference;
  readonly content: T;
}

/** A dataset in the form of MNIST. */
interface Family {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Whether rows and columns are exchanged in its files. */
  readonly onItsSide: boolean;
}

const families = {
  mnist: { name: 'MNIST', classNames: mnistClassNames, onItsSide: false },
  fashion: {
    name: 'Fashion-MNIST',
    // https://github.com/zalandoresearch/fashion-mnist
    classNames: 'T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot'.split(','),
    onItsSide: false,
  },
  kmnist: {
    name: 'KMNIST',
    // http://codh.rois.ac.jp/kmnist/
    classNames: ['お o', 'き ki', 'す su', 'つ tsu', 'な na', 'は ha', 'ま ma', 'や ya', 'れ re', 'を wo'],
    onItsSide: false,
  },
  'emnist-digits': { name: 'EMNIST digits', classNames: emnistClassNames, onItsSide: true },
  'emnist-mnist': { name: 'EMNIST’s MNIST', classNames: emnistClassNames, onItsSide: true },
  other: {
    name: 'A dataset like MNIST',
    classNames: mnistClassNames.map((digit) => `class ${digit}`),
    onItsSide: false,
  },
} as const satisfies Readonly<Record<string, Family>>;
type FamilyName = keyof typeof families;

/** The sets of EMNIST that have other classes than digits (https://www.nist.gov/itl/products-and-services/emnist-dataset). */
const otherEmnist: Readonly<Record<string, number>> = { byclass: 62, bymerge: 47, balanced: 47, letters: 26 };

/** The family that a name speaks of: of the four likes of MNIST, or a set of EMNIST; null if it names none. */
function namedBy(name: string): string | null {
  if (/emnist/i.test(name)) {
    const sets = [...name.matchAll(/emnist[-_ ](byclass|bymerge|balanced|letters|digits|mnist)/gi)];
    return `emnist-${sets.at(-1)?.[1].toLowerCase() ?? 'digits'}`;
  }
  if (/fashion/i.test(name)) return 'fashion';
  return /k-?mnist|kuzushiji/i.test(name) ? 'kmnist' : null;
}

/** The family that the names on the way to a file speak of, the nearest first. */
function familyNamed(folder: string, path: string): string | null {
  for (const name of tellingNames(folder, path)) {
    const family = namedBy(name);
    if (family !== null) return family;
  }
  return null;
}

/**
 * The family that labels tell where no name does: Fashion-MNIST and KMNIST come under MNIST's file names, and unlike
 * MNIST they have exactly as many images of each class.
 */
function familyOfLabels(labels: Uint8Array): FamilyName {
  const counts = classCounts(labels, mnistClassNames.length);
  const even = (labels.length === 60_000 || labels.length === 10_000) && counts.every((count) => count === counts[0]);
  if (!even) return 'mnist';
  const first = labels.subarray(0, 5).join();
  if (first === '9,0,0,3,0' || first === '9,2,1,1,6') return 'fashion';
  return first === '8,7,0,1,4' || first === '2,9,3,8,3' ? 'kmnist' : 'other';
}

function reference(name: string, family: string): FileReference {
  return {
    name,
    remedy: `Choose ${family}'s four files together: images and labels for training, images and labels for testing.`,
  };
}

function tooLarge(file: FileReference): DataError {
  return new DataError(
    file,
    `has more than ${grouped(largest)} bytes; MNIST's largest file has 47,040,016`,
    misfit('large', '', largest),
  );
}

async function readBytes(chosen: NamedFile, described: FileReference): Promise<Uint8Array> {
  if (chosen.size > largest) throw tooLarge(described);
  const bytes = await chosen.read().catch((error: unknown) => {
    throw new DataError(described, `cannot be read (${reasonOf(error)})`, { kind: 'unreadable' });
  });
  return unpackedIdx(described, bytes);
}

/**
 * The bytes of an IDX file, unpacked if it is gzip.
 *
 * @throws DataError that names the file if it is damaged, cut off or far too large
 */
export async function unpackedIdx(file: FileReference, bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const unpacked = await unpackUpTo(bytes, largest).catch((error: unknown) => {
    const what = `is a damaged or truncated gzip file of ${grouped(bytes.length)} bytes (${reasonOf(error)})`;
    throw new DataError(file, `${what}; it should unpack to an IDX file`, { kind: 'damaged' });
  });
  if (unpacked === null) throw tooLarge(file);
  return unpacked;
}

/** Finds the labels that belong to some images by their count. */
function withLabels(images: Opened<IdxImages>, labels: readonly Opened<IdxLabels>[]): WholeSet {
  const partner = labels.find(({ content }) => content.count === images.content.count);
  if (!partner) {
    const found = labels.map(({ file, content }) => `${file.name} has ${grouped(content.count)} labels`).join(', ');
    throw new DataError(
      images.file,
      `has ${grouped(images.content.count)} images, but no file has as many labels (${found || 'there is no label file'})`,
      misfit('noLabels', '', images.content.count),
    );
  }
  return joinIdx(images.content, partner.content, images.file.name, partner.file);
}

function checkClasses(half: WholeSet, imageFile: FileReference, least: number, family: Family): void {
  const counts = classCounts(half.labels, mnistClassNames.length);
  const scarce = counts.findIndex((count) => count < least);
  if (scarce >= 0) {
    const each = family.name === 'MNIST' ? 'each digit' : 'each class';
    throw new DataError(
      imageFile,
      `has ${counts[scarce]} images labelled ${scarce}; at least ${least} of ${each} are needed`,
      { kind: 'few', found: counts[scarce], needed: least, of: String(scarce) },
    );
  }
}

/** Adds a file unless another one has the same content: people have files packed and unpacked side by side. */
function addOnce<T extends IdxImages | IdxLabels>(list: Opened<T>[], added: Opened<T>): void {
  const bytesOf = (content: IdxImages | IdxLabels) => (content.kind === 'images' ? content.pixels : content.labels);
  const bytes = bytesOf(added.content);
  const same = list.some(({ content }) => {
    const other = bytesOf(content);
    return other.length === bytes.length && other.every((value, index) => value === bytes[index]);
  });
  if (!same) list.push(added);
}

/** Images with rows and columns exchanged. */
function turned({ count, labels, pixels }: WholeSet): WholeSet {
  const upright = new Uint8Array(pixels.length);
  for (let start = 0; start < pixels.length; start += side * side)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) upright[start + y * side + x] = pixels[start + x * side + y];
  return { count, labels, pixels: upright };
}

/** The files of one dataset: of EMNIST's sets the digits. Throws if there are several, or only sets that do not fit. */
function oneFamily(
  folder: string,
  files: readonly NamedFile[],
): { readonly files: readonly NamedFile[]; readonly family: FamilyName | null } {
  const byFamily = new Map<string | null, NamedFile[]>();
  for (const file of files) {
    const family = familyNamed(folder, file.path);
    byFamily.set(family, [...(byFamily.get(family) ?? []), file]);
  }
  const digits = byFamily.get('emnist-digits') ?? byFamily.get('emnist-mnist');
  const known = [...byFamily.keys()];
  if (digits && known.every((family) => family?.startsWith('emnist-') === true))
    return { files: digits, family: byFamily.has('emnist-digits') ? 'emnist-digits' : 'emnist-mnist' };
  if (known.length > 1) {
    const names = known.map((family) => (family === null ? 'MNIST' : nameOf(family))).join(' and ');
    throw new DataError(
      { name: folder, remedy: 'Choose the four files of one of them.' },
      `holds files of ${names}; one dataset is needed`,
      misfit('mixed', names, 1),
    );
  }
  const family = known.at(0) ?? null;
  const set = family === null ? '' : family.replace('emnist-', '');
  if (Object.hasOwn(otherEmnist, set)) {
    throw new DataError(
      {
        name: files[0].path,
        remedy: 'Choose the four files of EMNIST digits (emnist-digits-train-images-idx3-ubyte and the others).',
      },
      `belongs to EMNIST ${set}, which has ${otherEmnist[set]} classes; Split MNIST and Permuted MNIST have 10`,
      misfit('classes', otherEmnist[set], 10),
    );
  }
  return { files, family: family as FamilyName | null };
}

function nameOf(family: string): string {
  return Object.hasOwn(families, family) ? families[family as FamilyName].name : family.replace('emnist-', 'EMNIST ');
}

/**
 * Opens MNIST, or Fashion-MNIST, KMNIST or EMNIST's digits, from IDX files, plain or gzip-compressed. The content of a
 * file says whether it holds images or labels; the larger pair is for training. Any counts are allowed as long as they
 * match. Names, or the labels where names are MNIST's, say which dataset it is; EMNIST's images are set upright.
 *
 * @param folder what the files were chosen as; "The selection" if that has no name
 * @throws DataError that names the file and says what was found and what was expected
 */
export async function openIdxDataset(folder: string, chosen: readonly NamedFile[]): Promise<WholeDataset> {
  const { files, family: named } = oneFamily(folder, chosen);
  const title = named === null ? 'MNIST' : families[named].name;
  const images: Opened<IdxImages>[] = [];
  const labels: Opened<IdxLabels>[] = [];
  for (const each of files) {
    const file = reference(each.path, title);
    const content = parseIdx(file, await readBytes(each, file), mnistClassNames.length);
    if (content.kind === 'labels') addOnce(labels, { file, content });
    else if (content.height === side && content.width === side) addOnce(images, { file, content });
    else
      throw new DataError(
        file,
        `holds images of ${content.height} × ${content.width}; ${title}'s are ${side} × ${side}`,
        misfit('pixels', `${content.height} × ${content.width}`, `${side} × ${side}`),
      );
  }
  if (images.length !== 2 || labels.length !== 2) {
    const names = [...images, ...labels].map(({ file }) => file.name).join(', ');
    const found = `${images.length} with images and ${labels.length} with labels (${names || 'none'})`;
    throw new DataError(
      reference(folder, title),
      `has ${files.length} files, ${found}; two of each are needed`,
      misfit('files', images.length, labels.length),
    );
  }
  images.sort((a, b) => b.content.count - a.content.count);
  const [train, test] = images;
  if (train.content.count === test.content.count) {
    throw new DataError(
      test.file,
      `has ${grouped(test.content.count)} images, as many as ${train.file.name}; the training images must be more`,
      misfit('halves', test.content.count, train.file.name),
    );
  }
  const halves = { train: withLabels(train, labels), test: withLabels(test, labels) };
  const family: Family = families[named ?? familyOfLabels(halves.train.labels)];
  checkClasses(halves.train, train.file, batchSize, family);
  checkClasses(halves.test, test.file, 1, family);
  return {
    name: `${family.name} from your files`,
    imageShape: [side, side, 1],
    classNames: family.classNames,
    train: family.onItsSide ? turned(halves.train) : halves.train,
    test: family.onItsSide ? turned(halves.test) : halves.test,
  };
}
