import Papa from 'papaparse';
import { unzipRaw } from 'unzipit';
import { DataError, type FileReference, firstFew, grouped, type OpenedDataset, misfit } from '../../core/dataset.ts';
import { cifar10BatchImages, type DatasetName } from '../../core/scenarios.ts';
import {
  crc32,
  type NamedFile,
  piecesOf,
  plainName,
  readTar,
  type SeekableFile,
  type TarFile,
  unpackedPieces,
} from './archives.ts';
import { bounded, openCifar10Files } from './cifar10.ts';
import { openIdxDataset } from './idx.ts';
import { isGzip } from './manifest.ts';
import {
  miniImagenetImageShape,
  miniImagenetShape,
  type MiniImagenetShape,
  openMiniImagenetFiles,
} from './miniImagenet.ts';
import { anyData, recognise, type Recognised } from './recognise.ts';

/** Entries of which a zip may have more than a MiniImagenet with its folders. */
const mostEntries = 500_000;

/** The end of a zip: 22 bytes and a comment of up to 65,535. */
const longestEnd = 22 + 65_535;

/**
 * Bytes before a zip, as self-extracting archives have them: its directory counts its places from the zip's own beginning.
 * 0 where the directory lies where the end says, or where there is no end.
 */
async function bytesBefore(zip: SeekableFile): Promise<number> {
  const from = Math.max(0, zip.size - longestEnd);
  const tail = await zip.part(from, zip.size - from);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at) !== 0x504b0506) continue;
    const [length, place] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    const before = from + at - length - place;
    const isDirectory = async (where: number) => {
      const bytes = await zip.part(where, 4);
      return bytes.length === 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === 0x504b0102;
    };
    return before > 0 && !(await isDirectory(place)) && (await isDirectory(place + before)) ? before : 0;
  }
  return 0;
}

/**
 * The files of a zip. Only its directory is read; each file is read when it is asked for, so that an archive of any
 * size costs no more memory than its largest file. A file that unpacks to another size than the directory says, or has
 * another checksum, cannot be read, and no more of it is unpacked than that.
 *
 * @param named names the zip in errors
 * @throws DataError if it is not a whole zip
 */
async function zipFiles(named: FileReference, zip: SeekableFile): Promise<NamedFile[]> {
  const before = await bytesBefore(zip);
  const reader = {
    getLength: () => Promise.resolve(zip.size - before),
    read: (from: number, count: number) => zip.part(before + from, count),
  };
  const encrypted = new DataError(
    { ...named, remedy: 'Unpack it with its password, and choose the folder that comes out.' },
    'is encrypted',
    { kind: 'encrypted' },
  );
  const { entries } = await unzipRaw(reader).catch(async (error: unknown) => {
    const { message } = error as Error;
    // Flags of the first file: the library refuses some encrypted ones for their size.
    const first = await zip.part(before, 7);
    const isEncrypted = first.length === 7 && first[2] === 3 && first[3] === 4 && (first[6] & 1) === 1;
    if (isEncrypted || message.startsWith('strong encryption')) throw encrypted;
    if (message.startsWith('multi-volume'))
      throw new DataError(
        { ...named, remedy: 'Put its parts together first (zip -s 0 PART.zip --out WHOLE.zip), and choose the whole.' },
        'is the last part of a zip in several parts',
        { kind: 'parts' },
      );
    throw new DataError(named, 'is not a whole zip archive: its directory is missing, damaged or cut off', {
      kind: 'damaged',
    });
  });
  if (entries.some((entry) => entry.encrypted)) throw encrypted;
  if (entries.length > mostEntries)
    throw new DataError(
      named,
      `holds ${grouped(entries.length)} files; at most ${grouped(mostEntries)} are read`,
      misfit('entries', entries.length, mostEntries),
    );
  return entries
    .filter(({ isDirectory }) => !isDirectory)
    .map((entry) => {
      const pieces = async function* () {
        let sum = 0;
        try {
          for await (const piece of piecesOf((await entry.stream()).getReader())) {
            sum = crc32(piece, sum);
            yield piece;
          }
          checkSum(entry, sum);
        } catch (error) {
          throw damage(error);
        }
      };
      const read = () =>
        entry
          .arrayBuffer()
          .then((buffer) => {
            const bytes = new Uint8Array(buffer);
            checkSum(entry, crc32(bytes));
            return bytes;
          })
          .catch((error: unknown) => {
            throw damage(error);
          });
      // Some programs for Windows write its separator into zips.
      return {
        path: entry.name.replaceAll('\\', '/'),
        size: entry.size,
        read,
        pieces,
        start: (count) => startOf(pieces(), count),
      };
    });
}

const otherSum = 'another checksum';

/** Throws if a file of a zip has another checksum than the directory says, which the library reads and keeps to itself. */
function checkSum(entry: object, sum: number): void {
  const { _rawEntry: raw } = entry as { readonly _rawEntry?: { readonly crc32: number } };
  if (raw?.crc32 !== sum) throw new Error(otherSum);
}

/** An error of the library in words that fit into brackets. */
function damage(error: unknown): Error {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('unsupported compression')) return new Error('it is packed in another way than deflate');
  if (message === otherSum) return new Error('its bytes have another checksum than the directory of the zip says');
  const size = message.startsWith('decompressed size');
  return new Error(size ? 'it has another size than the directory of the zip says' : 'it is damaged or cut off');
}

/** The first bytes of pieces; those behind are not asked for. */
async function startOf(pieces: AsyncIterable<Uint8Array>, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  let length = 0;
  for await (const piece of pieces) {
    const taken = piece.subarray(0, count - length);
    bytes.set(taken, length);
    length += taken.length;
    if (length === count) break;
  }
  return bytes.subarray(0, length);
}

/** How far opening is; `total` is 0 where it is not known. */
export interface OpeningProgress {
  readonly what: string;
  readonly loaded: number;
  readonly total: number;
}

/** What differs between the page and Node. */
export interface OpeningTools {
  /** Decodes a picture, and scales and cuts it as `squareImage` does; rejects if the bytes are no picture. */
  readonly square: (bytes: Uint8Array, side: number) => Promise<Uint8Array>;
  readonly onProgress: (progress: OpeningProgress) => void;
  /** Throws where this is not the dataset that is wanted, before any of it is read. */
  readonly onRecognised?: (name: DatasetName) => void;
  /** Smaller sizes, for tests. */
  readonly imagesPerBatch?: number;
  readonly miniImagenet?: MiniImagenetShape;
}

/** What somebody's files turned out to be. */
export interface OpenedFiles {
  /** The dataset that they stand in for. */
  readonly name: DatasetName;
  readonly opened: OpenedDataset;
}

/**
 * Opens CIFAR-10 from somebody's own copy of `cifar-10-binary.tar.gz`, packed or not. It is unpacked as it is read, so
 * that only the images and a few pieces of the file are held.
 *
 * @throws DataError if it is another archive, or too little of it is whole
 */
async function openCifar10Archive(
  file: NamedFile,
  { onProgress, imagesPerBatch = cifar10BatchImages }: OpeningTools,
): Promise<OpenedDataset> {
  const archive = {
    name: file.path,
    remedy: 'Choose cifar-10-binary.tar.gz, about 170 MB, from the CIFAR-10 home page.',
  };
  const counted = async function* () {
    let loaded = 0;
    for await (const piece of file.pieces()) {
      loaded += piece.length;
      onProgress({ what: file.path, loaded, total: file.size });
      yield piece;
    }
  };
  const packed = isGzip(await file.start(2));
  const pieces = bounded(archive, packed ? unpackedPieces(counted()) : counted(), imagesPerBatch);
  return openCifar10Files(archive, readTar(pieces), imagesPerBatch);
}

/** Batches that are files of their own, as an archive would give them. */
async function* batchesOf(files: readonly NamedFile[]): AsyncGenerator<TarFile> {
  for (const file of files) yield { path: file.path, size: file.size, pieces: file.pieces() };
}

const namesOf: Readonly<Record<Exclude<Recognised['kind'], 'zip'>, DatasetName>> = {
  idx: 'mnist',
  batches: 'cifar10',
  tar: 'cifar10',
  images: 'miniimagenet',
};

const zipRemedy = 'Choose a whole zip, or the files that were packed into it.';

/**
 * Opens files that somebody has chosen. Their names and first bytes say what they are: IDX files, CIFAR-10's binary
 * archive or its batches, MiniImagenet as a folder, or a zip of any of these.
 *
 * @param folder what they were chosen as, in errors: a folder, or "The selection"
 * @throws DataError that names the file and says what was found and what was expected
 */
export async function openFiles(
  folder: string,
  chosen: readonly SeekableFile[],
  tools: OpeningTools,
): Promise<OpenedFiles> {
  const lost: DataError[] = [];
  const note: Note = (path, error) => {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    lost.push(new DataError({ name: path, remedy: lostRemedy }, `cannot be read (${reason})`, { kind: 'unreadable' }));
  };
  // Browsers and disks give files in any order; messages name the first.
  const files = chosen.toSorted((a, b) => (a.path < b.path ? -1 : 1)).map((file) => new NotedFile(file, note));
  const recognised = await recognise({ name: folder, remedy: anyData }, files);
  // Of these, what was missed is some files among others, and they are named.
  const named = recognised.kind === 'idx' || recognised.kind === 'images';
  const result = await openRecognised(folder, files, recognised, tools).catch((error: unknown) => {
    throw named && error instanceof DataError ? error : (lost.at(0) ?? error);
  });
  const first = lost.at(0);
  if (first !== undefined && !named) throw first;
  return result;
}

const lostRemedy = 'It may have been moved or changed since it was chosen; choose it again.';

type Note = (path: string, error: unknown) => void;

/** The same file, which tells where it could not be read; what comes of that elsewhere looks like damage. */
class NotedFile implements SeekableFile {
  readonly #file: SeekableFile;
  readonly #note: Note;

  constructor(file: SeekableFile, note: Note) {
    this.#file = file;
    this.#note = note;
  }

  get path(): string {
    return this.#file.path;
  }

  get size(): number {
    return this.#file.size;
  }

  get read(): SeekableFile['read'] {
    return () => this.#noted(this.#file.read());
  }

  get start(): SeekableFile['start'] {
    return (count) => this.#noted(this.#file.start(count));
  }

  get part(): SeekableFile['part'] {
    return (from, count) => this.#noted(this.#file.part(from, count));
  }

  get pieces(): SeekableFile['pieces'] {
    return () => this.#pieces();
  }

  async #noted<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.#note(this.path, error);
      throw error;
    }
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    const pieces = this.#file.pieces()[Symbol.asyncIterator]();
    try {
      for (let next = await this.#noted(pieces.next()); next.done !== true; next = await this.#noted(pieces.next()))
        yield next.value;
    } finally {
      await pieces.return?.();
    }
  }
}

async function openRecognised(
  folder: string,
  files: readonly SeekableFile[],
  recognised: Recognised,
  tools: OpeningTools,
): Promise<OpenedFiles> {
  if (recognised.kind !== 'zip') return open(folder, recognised, tools);
  const { path } = recognised.file;
  const zip = files.find((file) => file === recognised.file);
  if (zip === undefined)
    throw new DataError({ name: path, remedy: zipRemedy }, 'cannot be read', { kind: 'unreadable' });
  const inside = await zipFiles({ name: path, remedy: zipRemedy }, zip);
  return open(path, await recognise({ name: path, remedy: anyData }, inside), tools);
}

async function open(folder: string, recognised: Recognised, tools: OpeningTools): Promise<OpenedFiles> {
  const { onProgress, onRecognised = () => {} } = tools;
  if (recognised.kind === 'zip')
    throw new DataError({ name: recognised.file.path, remedy: 'Unpack the outer one first.' }, 'is a zip in a zip', {
      kind: 'nested',
    });
  const name = namesOf[recognised.kind];
  onRecognised(name);
  switch (recognised.kind) {
    case 'idx': {
      onProgress({ what: folder === 'The selection' ? 'IDX files' : folder, loaded: 0, total: 0 });
      return { name, opened: { kind: 'whole', dataset: await openIdxDataset(folder, recognised.files) } };
    }
    case 'batches': {
      const remedy =
        "Choose CIFAR-10's six .bin files together (data_batch_1.bin to data_batch_5.bin, test_batch.bin), or cifar-10-binary.tar.gz.";
      const names = recognised.files.map(({ path }) => plainName(path)).filter((each) => each.endsWith('.bin'));
      const test = names.includes('test_batch.bin');
      if (names.some((each) => /^(data_batch_\d|test_batch)\.bin$/.test(each)) && (!test || names.length === 1)) {
        const needed = test ? 'a training batch' : 'test_batch.bin';
        throw new DataError(
          { name: folder, remedy },
          `holds ${firstFew(names)} alone; ${needed} is needed too`,
          misfit('lacks', firstFew(names), test ? 'data_batch_1.bin … data_batch_5.bin' : 'test_batch.bin'),
        );
      }
      onProgress({ what: 'CIFAR-10', loaded: 0, total: 0 });
      const files = batchesOf(recognised.files);
      return { name, opened: await openCifar10Files({ name: folder, remedy }, files, tools.imagesPerBatch) };
    }
    case 'tar':
      return { name, opened: await openCifar10Archive(recognised.file, tools) };
    case 'images': {
      const remedy = 'Choose a folder or zip with images and train.csv, val.csv, test.csv.';
      const [side] = miniImagenetImageShape;
      const bytes = side * side * 3;
      const opened = await openMiniImagenetFiles(
        { name: folder, remedy },
        recognised.files,
        {
          square: tools.square,
          parseCsv: (text, delimiter) => Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter }).data,
          onProgress: (done, total) => onProgress({ what: 'MiniImagenet', loaded: done * bytes, total: total * bytes }),
        },
        tools.miniImagenet ?? miniImagenetShape,
      );
      return { name, opened };
    }
    default:
      return recognised satisfies never;
  }
}
