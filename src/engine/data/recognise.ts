import {
  DataError,
  type DataFault,
  type FileReference,
  firstBytes,
  firstFew,
  type OtherForm,
  type WantedData,
} from '../../core/dataset.ts';
import { cifar10ClassNames } from '../../core/scenarios.ts';
import {
  baseName,
  besideData,
  kindIn,
  type NamedFile,
  otherKindOf,
  otherPictures,
  packings,
  plainName,
  readTar,
  unpackedStart,
  unreadKinds,
} from './archives.ts';

/** What some files turned out to be, as far as their names and first bytes tell. */
export type Recognised =
  /** IDX files: MNIST and its likes. */
  | { readonly kind: 'idx'; readonly files: readonly NamedFile[] }
  /** Batches of CIFAR-10's binary version, outside their archive. */
  | { readonly kind: 'batches'; readonly files: readonly NamedFile[] }
  | { readonly kind: 'tar'; readonly file: NamedFile }
  | { readonly kind: 'zip'; readonly file: NamedFile }
  /** Images and tables of images. */
  | { readonly kind: 'images'; readonly files: readonly NamedFile[] };

export const anyData =
  "Choose MNIST's four IDX files, CIFAR-10's cifar-10-binary.tar.gz or its .bin files, or a folder or zip of MiniImagenet.";

/** Known for what it is, and not read. */
const notRead = (as: OtherForm, wants: WantedData, found = ''): DataFault => ({ kind: 'notRead', as, wants, found });
/** CIFAR-100's classes are others: CIFAR-10 is wanted in its place. */
const wanted = (dataset: Named | null): WantedData => (dataset === 'CIFAR-100' ? 'CIFAR-10' : (dataset ?? 'any'));

const litter =
  /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*|\.git.*|readme(\..*)?|licen[cs]e(\..*)?|checksums?(\..*)?|.*\.(md5|sha256|md|html?))$/i;

/** Files that belong to a system or to readers, not to data, are left out. */
function withoutLitter(files: readonly NamedFile[]): NamedFile[] {
  return files.filter(({ path }) => !litter.test(baseName(path)) && !/(^|\/)__MACOSX\//.test(path));
}

const tarMark = { offset: 257, text: 'ustar' };
const startBytes = 4_096;
/** To find the first files in a tar. */
const tarBytes = 65_536;

/** What went wrong, for brackets. */
export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const starts = (bytes: Uint8Array, ...wanted: number[]) => wanted.every((byte, index) => bytes[index] === byte);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

type Named = 'CIFAR-100' | 'CIFAR-10' | 'MiniImagenet' | 'MNIST';

function namedBy(name: string): Named | null {
  if (/cifar-?_?100/i.test(name)) return 'CIFAR-100';
  if (/cifar|data_batch|test_batch/i.test(name)) return 'CIFAR-10';
  if (/mini[-_ ]?imagenet/i.test(name)) return 'MiniImagenet';
  // Many others are named after it: notMNIST, PathMNIST, Sign Language MNIST, MNIST-M.
  const other = /(not|sign|language|moving|med|colou?red|rotated)[-_ ]?mnist/i.test(name);
  const own = /(?<![a-z])(fashion[-_ ]?|k-?|e)?mnist(?![-_ ]?(m|c|1d)(?![a-z]))|kuzushiji|idx\d[-._]u?byte/i;
  return !other && own.test(name) ? 'MNIST' : null;
}

/**
 * The parts of a path that may say what a file is, the nearest to the file first: its own name, the folders within the
 * selection, and the last two of the selection's path. Folders farther up are about other things.
 */
export function tellingNames(folder: string, path: string): string[] {
  return [...folder.split(/[/\\]/).slice(-2), ...path.split('/')].reverse();
}

/** The dataset that a name speaks of; null if it names none. */
function datasetNamed(folder: string, path = ''): Named | null {
  for (const name of tellingNames(folder, path)) {
    const dataset = namedBy(name);
    if (dataset !== null) return dataset;
  }
  return null;
}

const instead = {
  'CIFAR-100': 'CIFAR-100 has other classes; choose cifar-10-binary.tar.gz from the CIFAR-10 home page.',
  'CIFAR-10':
    'Choose cifar-10-binary.tar.gz ("CIFAR-10 binary version") from the CIFAR-10 home page, or the .bin files in it.',
  MiniImagenet:
    'Write its images as JPEG or PNG files into a folder, beside train.csv, val.csv and test.csv with the columns filename and label, and choose that folder.',
  MNIST:
    'Choose the four IDX files instead (train-images-idx3-ubyte and the three others), or write such files from it: 00 00 08 03, count, 28, 28, pixels; 00 00 08 01, count, labels.',
} as const;

/** What a dataset is called in a sentence: MNIST's likes by their own names, where files have them. */
function titleOf(dataset: Named, ...names: readonly string[]): string {
  if (dataset !== 'MNIST') return dataset;
  const all = names.join(' ');
  if (/fashion/i.test(all)) return 'Fashion-MNIST';
  if (/kmnist|kuzushiji/i.test(all)) return 'KMNIST';
  return /emnist/i.test(all) ? 'EMNIST' : 'MNIST';
}

const again = 'Download it again, by a link that leads to the file itself.';

/**
 * What stands in the place of a file that was to be data, whatever its name: nothing, a web page, a pointer to the file,
 * or the file packed in another way than gzip. Null if it is none of these.
 */
function inPlaceOf(path: string, size: number, bytes: Uint8Array): DataError | null {
  if (size === 0)
    return new DataError({ name: path, remedy: 'Download or copy it again.' }, 'is empty', { kind: 'empty' });
  const text = textOf(bytes.subarray(0, 512))
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (/^<(!doctype html|html|head|\?xml)\b/i.test(text))
    return new DataError(
      { name: path, remedy: again },
      'is a web page, saved in place of the file',
      notRead('webPage', 'any'),
    );
  if (text.startsWith('version https://git-lfs'))
    return new DataError(
      { name: path, remedy: 'Fetch the file with "git lfs pull", or download it from the page of its repository.' },
      'is a Git LFS pointer, which stands in for the file',
      notRead('pointer', 'any'),
    );
  const packing = packings.find(([first]) => starts(bytes, ...first));
  if (packing === undefined) return null;
  const remedy = `Unpack it (${packing[2]}), and choose what comes out.`;
  return new DataError(
    { name: path, remedy },
    `is packed with ${packing[1]}, which is not read`,
    notRead('packed', 'any', packing[1]),
  );
}

/** Files whose beginnings are looked at for what may stand in their place. */
const lookedAt = 20;

/**
 * @param named whether the files' names say that they are IDX files
 * @throws DataError for the first of the files that something else stands in for
 */
async function checkPlaces(files: readonly NamedFile[], named = false): Promise<void> {
  for (const { path, size, start } of files.slice(0, lookedAt)) {
    // What cannot be read is said when all of it is read.
    const bytes = await start(512).then(
      (packed) => unpackedStart(packed, 512),
      () => null,
    );
    const found = bytes === null ? null : (inPlaceOf(path, size, bytes) ?? (named ? otherIdx(path, bytes) : null));
    if (found !== null) throw found;
  }
}

/** Paths of the first files of a tar, as far as its beginning goes. */
async function pathsIn(beginning: Uint8Array): Promise<string[]> {
  const paths: string[] = [];
  const pieces = async function* () {
    yield beginning;
  };
  try {
    for await (const { path } of readTar(pieces())) paths.push(path);
  } catch {
    // It is only a beginning.
  }
  return paths.filter((path) => !litter.test(baseName(path)));
}

/** @throws DataError if a tar does not hold CIFAR-10's or CIFAR-100's files, by its name and its first files */
async function checkTar(folder: FileReference, file: NamedFile, beginning: Uint8Array): Promise<void> {
  const paths = await pathsIn(beginning);
  // A tar begins with the path of its first file or folder.
  const first = textOf(beginning.subarray(0, 100)).replace(/\0.*$/s, '');
  const named = [...paths, first].map((path) => datasetNamed('', path)).find((dataset) => dataset !== null);
  if (paths.some((path) => /idx\d[-._]u?byte/i.test(path))) throw new DataError(...idxInTar(file.path));
  if (named?.startsWith('CIFAR') === true || datasetNamed(folder.name, file.path)?.startsWith('CIFAR') === true) return;
  const remedy = 'Unpack it, and choose the folder that comes out.';
  if (paths.length === 0)
    throw new DataError(
      { name: file.path, remedy: again },
      'is not a whole tar archive: it is damaged, cut off or of another kind',
      { kind: 'damaged' },
    );
  throw new DataError(
    { name: file.path, remedy },
    `holds ${firstFew(paths)}, which is not read from a tar`,
    notRead('tar', 'any'),
  );
}

/** What is wrong with a tar of IDX files. */
export function idxInTar(name: string): readonly [FileReference, string, DataFault] {
  const remedy = 'Unpack it, and choose the four files or the folder that they are in.';
  return [
    { name, remedy },
    'holds IDX files such as those of MNIST, which are read from a folder or a zip, not from a tar',
    notRead('tar', 'MNIST'),
  ];
}

/** What IDX files may hold beside bytes, by the third byte from 9 on (http://yann.lecun.com/exdb/mnist/). */
const idxNumbers = ['signed bytes', '', '16-bit numbers', '32-bit numbers', 'floats', 'doubles'];

/** What is wrong with an IDX file of other numbers than bytes, such as QMNIST's labels; null if it is none. */
function otherIdx(path: string, bytes: Uint8Array): DataError | null {
  const isIdx = starts(bytes, 0, 0) && bytes[2] >= 9 && bytes[2] <= 14 && bytes[3] >= 1 && bytes[3] <= 4;
  const numbers = isIdx ? idxNumbers[bytes[2] - 9] : '';
  if (numbers === '') return null;
  const remedy = 'Write it anew with bytes: images begin with 00 00 08 03, labels with 00 00 08 01.';
  return new DataError(
    { name: path, remedy },
    `is an IDX file of ${numbers}; only bytes are read`,
    notRead('format', 'MNIST', `IDX ${firstBytes(bytes)}`),
  );
}

function formFault(mark: string, wants: WantedData): DataFault {
  if (mark === '.z01') return { kind: 'parts' };
  return mark.startsWith('.') ? notRead('format', wants, mark) : notRead('packed', 'any', mark);
}

/** The number of pixels in a row of a table of pixels; 0 if it is another table. */
function pixelColumns(start: string): number {
  const cells = (start.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '').split(/[,;\t]/);
  const pixels = cells.filter((cell) => /^"?(pixel_?\d+|\d+x\d+|\d+(\.\d+)?)"?$/i.test(cell.trim())).length;
  return pixels >= 64 ? pixels : 0;
}

const tableOfPixels = 'is a table of pixels (CSV, one image a row), which is not read';

/** The folder that says of which class a picture is; empty if it lies in none. */
function classFolder(path: string): string {
  const folders = path.split('/').slice(0, -1);
  if (/^(images?|imgs?|pictures?|jpe?gs?)$/i.test(folders.at(-1) ?? '') && folders.length > 1) folders.pop();
  return folders.at(-1) ?? '';
}

/** Throws if tables or pictures are laid out in a way that is not read. */
async function checkImages(folder: FileReference, files: readonly NamedFile[]): Promise<void> {
  const tables = files.filter(({ path }) => /\.csv$/i.test(path));
  const pictures = files.filter(({ path }) => /\.(jpe?g|png)$/i.test(path));
  await checkPlaces([...tables.slice(0, 5), ...pictures.slice(0, 3)]);
  const shown = (pictures.length > 0 ? pictures : files.filter(({ path }) => otherPictures.test(path))).slice(0, 3);
  const kind = await otherKindOf(shown);
  if (kind !== null) {
    const remedy =
      'Write its pictures as JPEG or PNG under the same names (Python: Image.open(path).convert("RGB").save(path, "PNG")), and choose the folder again.';
    throw new DataError({ name: shown[0].path, remedy }, `is ${kind.what}`, formFault(kind.mark, 'MiniImagenet'));
  }
  for (const table of tables.slice(0, 3)) {
    // A table that cannot be read is named when all of it is read.
    const pixels = pixelColumns(textOf(await table.start(startBytes).catch(() => new Uint8Array(0))));
    if (pixels === 0) continue;
    const dataset = datasetNamed(folder.name, table.path) ?? (pixels >= 3_000 ? 'CIFAR-10' : 'MNIST');
    const remedy = instead[dataset];
    throw new DataError({ name: table.path, remedy }, tableOfPixels, notRead('pixelTable', wanted(dataset)));
  }
  if (tables.some(({ path }) => /^trainLabels\.csv$/i.test(baseName(path))))
    throw new DataError(
      { name: folder.name, remedy: instead['CIFAR-10'] },
      'holds CIFAR-10 as pictures with trainLabels.csv, as Kaggle has it, which is not read',
      notRead('pictures', 'CIFAR-10'),
    );
  if (tables.length > 0 || pictures.length === 0) return;
  const folders = [...new Set(pictures.map(({ path }) => classFolder(path)))].filter((name) => name !== '');
  if (folders.length < 2 && datasetNamed(folder.name) === null) {
    if (folders.length > 0 || files.length > 1) return;
    throw new DataError(
      { name: files[0].path, remedy: anyData },
      'is a picture by itself, without a table of classes',
      notRead('picture', 'any'),
    );
  }
  const every = (matches: (name: string) => boolean) => folders.length >= 2 && folders.every(matches);
  const otherImagenet = /image(net|woof)/i.test(`${folder.name}/${pictures[0].path}`);
  const known =
    folders.length > 2 && every((name) => cifar10ClassNames.includes(name))
      ? 'CIFAR-10'
      : !otherImagenet && every((name) => /^n\d{8}$/.test(name))
        ? 'MiniImagenet'
        : null;
  const dataset = datasetNamed(folder.name, pictures[0].path) ?? known;
  const digits = every((name) => /^\d$/.test(name));
  const remedy =
    dataset === 'MiniImagenet' || (dataset === null && !digits)
      ? 'Add train.csv, val.csv and test.csv beside them: a first line "filename,label", then one line for each image.'
      : instead[dataset ?? 'MNIST'];
  // Digits may be anybody's, and so may two classes such as cat and dog, and those of another ImageNet.
  const what = dataset === null ? 'pictures' : `${titleOf(dataset, folder.name, pictures[0].path)} as pictures`;
  throw new DataError(
    { name: folder.name, remedy },
    `holds ${what} in folders of classes (${firstFew(folders)}), without tables, which is not read`,
    notRead('pictures', dataset === null && !digits ? 'MiniImagenet' : wanted(dataset ?? 'MNIST')),
  );
}

/**
 * Says what files that somebody has chosen are, by their names and first bytes. Page and command line both ask it.
 *
 * @param folder names the selection in errors: a folder, a zip, or "The selection"
 * @throws DataError that names what cannot be read for what it is, and says how to convert it
 */
export async function recognise(folder: FileReference, chosen: readonly NamedFile[]): Promise<Recognised> {
  const files = withoutLitter(chosen);
  if (files.length === 0) {
    const name =
      chosen.length === 0 ? 'holds no files' : `holds no data, only ${firstFew(chosen.map(({ path }) => path))}`;
    throw new DataError({ name: folder.name, remedy: anyData }, name, notRead('nothing', 'any'));
  }
  const idxNamed = files.filter(({ path }) => /idx\d[-._](u?byte|short|int|float|double)/i.test(path));
  if (idxNamed.length > 0 && !files.some(({ path }) => /\.(csv|jpe?g|png)$/i.test(path))) {
    await checkPlaces(idxNamed, true);
    return { kind: 'idx', files: idxNamed };
  }
  if (files.some(({ path }) => /\.(csv|jpe?g|png)$/i.test(path))) {
    await checkImages(folder, files);
    return { kind: 'images', files };
  }
  const idx: NamedFile[] = [];
  const batches: NamedFile[] = [];
  let others: DataError | null = null;
  for (const file of files.slice(0, 100)) {
    const { path } = file;
    if (/\.bin$/i.test(path) || plainName(path) === 'batches.meta.txt') {
      batches.push(file);
      continue;
    }
    const start = await file.start(tarBytes).catch((error: unknown) => reasonOf(error));
    if (typeof start === 'string') {
      others ??= new DataError({ name: path, remedy: anyData }, `cannot be read (${start})`, { kind: 'unreadable' });
      continue;
    }
    const bytes = await unpackedStart(start, startBytes);
    const inPlace = inPlaceOf(path, file.size, bytes);
    if (inPlace !== null && files.length === 1) throw inPlace;
    const unread = kindIn(unreadKinds, path, bytes);
    if (unread !== null || /(^|\/)(data_batch_\d|test_batch|batches\.meta)$/.test(path)) {
      const dataset = datasetNamed(folder.name, path);
      const kind = dataset === null ? '' : `${titleOf(dataset, folder.name, path)} as `;
      const remedy = dataset === null ? anyData : instead[dataset];
      throw new DataError(
        { name: path, remedy },
        `is ${kind}${unread?.what ?? 'Python pickles, which are not read'}`,
        formFault(unread?.mark ?? '.pkl', wanted(dataset)),
      );
    }
    if (starts(bytes, 0, 0, 8, 1) || starts(bytes, 0, 0, 8, 3)) idx.push(file);
    else if (starts(bytes, 0x50, 0x4b) || (files.length === 1 && /\.zip$/i.test(path))) return { kind: 'zip', file };
    else if (
      textOf(bytes.subarray(tarMark.offset, tarMark.offset + tarMark.text.length)) === tarMark.text ||
      /\.(tar|tgz|tar\.gz)$/i.test(baseName(path))
    ) {
      await checkTar(folder, file, await unpackedStart(start, tarBytes));
      return { kind: 'tar', file };
    } else if (pixelColumns(textOf(bytes)) > 0) {
      const dataset = datasetNamed(folder.name, path) ?? 'MNIST';
      throw new DataError(
        { name: path, remedy: instead[dataset] },
        tableOfPixels,
        notRead('pixelTable', wanted(dataset)),
      );
    } else {
      const beside = kindIn(besideData, path, bytes);
      others ??=
        inPlace ??
        otherIdx(path, bytes) ??
        new DataError(
          { name: path, remedy: anyData },
          `is ${beside?.what ?? `of no kind that is read here: it begins with the bytes ${firstBytes(bytes)}`}`,
          beside === null ? notRead('unknown', 'any') : formFault(beside.mark, 'any'),
        );
    }
  }
  if (idx.length > 0) return { kind: 'idx', files: idx };
  const names = batches.map(({ path }) => plainName(path).toLowerCase());
  if (names.includes('train.bin') && names.includes('test.bin'))
    throw new DataError(
      { name: folder.name, remedy: instead['CIFAR-100'] },
      'is CIFAR-100 (train.bin and test.bin), which is not read',
      notRead('dataset', 'CIFAR-10', 'CIFAR-100'),
    );
  if (batches.some(({ path }) => /\.bin$/i.test(path))) {
    await checkPlaces(batches);
    return { kind: 'batches', files: batches };
  }
  const unknown = notRead('unknown', 'any');
  throw others ?? new DataError({ name: files[0].path, remedy: anyData }, 'is of no kind that is read here', unknown);
}
