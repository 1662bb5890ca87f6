import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, zlibInflate, zlibInflateInit2, ZStream } from 'pako';
import { isGzip } from './manifest.ts';

/** A file of a folder or a zip. */
export interface NamedFile {
  /** Within the folder or zip, with "/" between folders. */
  readonly path: string;
  /** Bytes, unpacked. */
  readonly size: number;
  /** Reads it whole; rejects if it cannot be read. */
  readonly read: () => Promise<Uint8Array>;
  /** Reads its first bytes, as they are; fewer if it has fewer. */
  readonly start: (count: number) => Promise<Uint8Array>;
  /** Reads it piece by piece, so that it need not fit into memory. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/** A file that can be read from any place: one on a disk, not one in an archive. */
export interface SeekableFile extends NamedFile {
  /** Bytes from a place on; fewer where it ends before. */
  readonly part: (from: number, count: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/** Functions are made when they are asked for: a folder may have hundreds of thousands of files, of which few are read. */
class PartedFile implements SeekableFile {
  readonly path: string;
  readonly part: SeekableFile['part'];
  readonly #size: number | (() => number);

  constructor(path: string, size: number | (() => number), part: SeekableFile['part']) {
    this.path = path;
    this.#size = size;
    this.part = part;
  }

  get size(): number {
    return typeof this.#size === 'number' ? this.#size : this.#size();
  }

  get read(): SeekableFile['read'] {
    return () => this.part(0, this.size);
  }

  get start(): SeekableFile['start'] {
    return (count) => this.part(0, Math.min(count, this.size));
  }

  get pieces(): SeekableFile['pieces'] {
    const { size, part } = this;
    return async function* () {
      for (let from = 0; from < size; from += seekBytes) yield await part(from, Math.min(seekBytes, size - from));
    };
  }
}

/**
 * A file of which parts can be read.
 *
 * @param size bytes, or what says how many when that is needed
 */
export function seekableFile(path: string, size: number | (() => number), part: SeekableFile['part']): SeekableFile {
  return new PartedFile(path, size, part);
}

/** Few enough that a reader who stops early has read little for nothing. */
const seekBytes = 1_000_000;

/**
 * Unpacks gzip, but never more than `limit` bytes.
 *
 * @returns the bytes, or null if there are more
 * @throws RangeError as `unpackedPieces` does
 */
export async function unpackUpTo(packed: Uint8Array, limit: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of unpackedPieces(whole(packed))) {
    length += piece.length;
    if (length > limit) return null;
    pieces.push(piece);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * The first bytes of a file, unpacked if it is gzip; fewer if it is short or damaged.
 *
 * @param start the first bytes of the file as they are
 */
export async function unpackedStart(start: Uint8Array, count: number): Promise<Uint8Array> {
  if (!isGzip(start)) return start.subarray(0, count);
  const bytes = new Uint8Array(count);
  let length = 0;
  try {
    // The start alone is a truncated file, so reading ends with an error at the latest.
    for await (const piece of unpackedPieces(whole(start))) {
      const taken = piece.subarray(0, count - length);
      bytes.set(taken, length);
      length += taken.length;
      if (length === count) break;
    }
  } catch {
    // What has arrived is all that there is.
  }
  return bytes.subarray(0, length);
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The most bytes that are unpacked at a time: gzip makes up to a thousand times as much of what it is given. */
const pieceBytes = 65_536;

/** Says to zlib that members have a header and a checksum as gzip writes them, and the longest window (zlib.h). */
const gzipWindow = 15 + 16;

/** How often a file may have been packed over again, as servers do that pack what is packed already. */
const mostPackings = 3;

/**
 * The bytes that gzip packed, as they come, also where a file was packed twice; one who stops early stops reading the
 * packed ones, too.
 *
 * @throws RangeError with the end of a sentence if it is damaged, cut off, or something else follows its end; whatever
 *   reading the packed bytes throws
 */
export async function* unpackedPieces(
  packed: AsyncIterable<Uint8Array>,
  packings = mostPackings,
): AsyncGenerator<Uint8Array> {
  const pieces = unpackedOnce(packed);
  const first = await pieces.next();
  const all = async function* () {
    if (first.done !== true) yield first.value;
    yield* pieces;
  };
  if (packings > 1 && first.done !== true && isGzip(first.value)) yield* unpackedPieces(all(), packings - 1);
  else yield* all();
}

/**
 * The same of a file that was packed once. It may have several members (RFC 1952, 2.2), as `cat` and parallel packers
 * make them, and zeros behind each, as tapes have them. By pako, because a browser's DecompressionStream takes one member
 * and no zeros, and Node's lets anything follow.
 */
async function* unpackedOnce(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let members = 0;
  let member: ZStream | null = null;
  let output = new Uint8Array(pieceBytes);
  for await (const piece of packed) {
    let at = 0;
    for (;;) {
      if (member === null) {
        while (members > 0 && at < piece.length && piece[at] === 0) at++;
        if (at === piece.length) break;
        member = new ZStream();
        zlibInflateInit2(member, gzipWindow);
        members++;
      }
      [member.input, member.next_in, member.avail_in] = [piece, at, piece.length - at];
      [member.output, member.next_out, member.avail_out] = [output, 0, output.length];
      const status = zlibInflate(member, Z_NO_FLUSH);
      const { next_out: made, avail_out: room, total_out: total } = member;
      at = member.next_in;
      if (made > 0) {
        yield output.subarray(0, made);
        output = new Uint8Array(pieceBytes);
      }
      if (status === Z_STREAM_END) member = null;
      else if (status !== Z_OK && status !== Z_BUF_ERROR)
        throw new RangeError(total === 0 && members > 1 ? 'what follows its end is not gzip' : 'its bytes are damaged');
      else if (room > 0) break;
    }
  }
  if (member !== null) throw new RangeError('it is cut off');
}

/** What a stream gives, as it comes; one who stops early cancels the stream. */
export async function* piecesOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // A failing cancel changes nothing, because nobody reads on.
    await reader.cancel().catch(() => {});
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/**
 * The checksum CRC-32 (ISO 3309), as archives hold it.
 *
 * @param before that of the bytes before these
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let rest = ~before;
  for (const byte of bytes) rest = crcTable[(rest ^ byte) & 0xff] ^ (rest >>> 8);
  return ~rest >>> 0;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A name without what browsers and systems add to a second download: "data_batch_1 (1).bin", "… copy.bin". */
export function plainName(path: string): string {
  return baseName(path).replace(/( ?\(\d+\)| copy( \d+)?)(?=(\.[a-z]+)*$)/i, '');
}

/** A file of a tar archive: its bytes in pieces, to be read before the next file is asked for. */
export interface TarFile {
  /** Path within the archive. */
  readonly path: string;
  /** Bytes, as its header says. */
  readonly size: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** What the decoder says where the bytes end too early. */
const cutOff = 'Tar archive is truncated.';

/** What the decoder gives: files, or pieces of one. */
interface Reader<T> {
  read(): Promise<{ readonly value?: T | undefined }>;
}

/**
 * A decoder that gets a piece of the archive only when its reader waits for one. So everything before a damaged place
 * is read before the damage is found.
 */
class FedDecoder {
  readonly entries: Reader<ParsedTarEntry>;
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #feed: (piece: IteratorResult<Uint8Array>) => Promise<void>;
  readonly #cancel: () => Promise<void>;
  #bytes = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    const { readable, writable } = createTarDecoder({ strict: true });
    const entries = readable.getReader();
    const writer = writable.getWriter();
    this.entries = entries;
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#feed = (piece) => (piece.done === true ? writer.close() : writer.write(piece.value));
    this.#cancel = () => entries.cancel();
  }

  /** What a reader gives next; undefined at the end. `missing`: bytes of a file that have not come yet. */
  async next<T>(reader: Reader<T>, missing: number): Promise<T | undefined> {
    const state = { waits: true };
    const read = reader.read().finally(() => (state.waits = false));
    // What is already decoded comes first.
    await Promise.race([read, Promise.resolve()]).catch(() => {});
    while (state.waits) {
      const piece = await this.#pieces.next();
      this.#bytes += piece.done === true ? 0 : piece.value.length;
      // A large piece is taken in parts, as it is read. Where feeding fails, the reader fails too and says why.
      await Promise.race([this.#feed(piece), read]).catch(() => {});
    }
    try {
      return (await read).value;
    } catch (error) {
      // No bytes at all are an archive without files.
      if (this.#bytes === 0) return undefined;
      throw damage(error, missing);
    }
  }

  async close(): Promise<void> {
    await this.#cancel().catch(() => {});
    await this.#pieces.return?.();
  }
}

/** An error of the decoder in this project's words. */
function damage(error: unknown, missing: number): RangeError {
  const reason = error instanceof Error ? error.message : String(error);
  if (reason !== cutOff) return new RangeError(`A header of the tar archive is damaged: ${reason}`);
  if (missing === 0) return new RangeError('The tar archive is cut off in a header.');
  return new RangeError(`The tar archive is cut off: ${missing} bytes of a file are missing.`);
}

/**
 * Reads a tar archive (ustar, GNU or pax) as its bytes arrive; it holds little more than the current piece. Files that
 * are not read are skipped, and so is everything that is not a plain file.
 *
 * @throws RangeError if a header is damaged or the archive is cut off; whatever reading the pieces throws
 */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TarFile> {
  const decoder = new FedDecoder(pieces);
  let missing = 0;
  try {
    for (let entry; (entry = await decoder.next(decoder.entries, missing)) !== undefined; ) {
      const { header, body } = entry;
      missing = header.size;
      const reader: Reader<Uint8Array> = body.getReader();
      const content = async function* () {
        for (let piece; (piece = await decoder.next(reader, missing)) !== undefined; ) {
          missing -= piece.length;
          yield piece;
        }
      };
      if (header.type === 'file') yield { path: header.name, size: header.size, pieces: content() };
      for await (const _ of content());
    }
  } finally {
    await decoder.close();
  }
}

const runsPrograms = 'which is not read because it can run programs';
const pictures = 'which is not read; JPEG and PNG are';

/**
 * What cannot be read: by a file's name, by its first bytes as characters, what it is, as the end of "… is", and what such
 * files are known by in every language: an ending, or a way of packing.
 */
export const unreadKinds: readonly (readonly [
  name: RegExp | null,
  start: RegExp | null,
  what: string,
  mark: string,
])[] = [
  // oxlint-disable-next-line eslint/no-control-regex -- a pickle's second byte is its version
  [/\.(pkl|pickle|p)$/i, /^\x80[\x02-\x05]/, `a Python pickle, ${runsPrograms}`, '.pkl'],
  [/\.npz$/i, null, 'an archive of NumPy arrays (.npz), which is not read', '.npz'],
  [/\.npy$/i, /^\x93NUM/, 'a NumPy array (.npy), which is not read', '.npy'],
  [/\.mat$/i, /^MATLAB/, 'a Matlab file (.mat), which is not read', '.mat'],
  [/\.(h5|hdf5)$/i, /^\x89HDF/, 'an HDF5 file, which is not read', '.h5'],
  [/\.parquet$/i, /^PAR1/, 'a Parquet table, which is not read', '.parquet'],
  [/\.(pt|pth)$/i, null, `a file of PyTorch, ${runsPrograms}`, '.pt'],
  [/\.tfrecords?(-\d+-of-\d+)?$/i, null, 'a TFRecord file, which is not read', '.tfrecord'],
  [/\.arff$/i, /^@relation/i, 'an ARFF table, which is not read', '.arff'],
  [/\.(arrow|feather)$/i, /^ARROW1/, 'an Arrow table, which is not read', '.arrow'],
  [/\.(xlsx?|ods)$/i, null, 'a spreadsheet, which is not read', '.xlsx'],
  [/(^|\/)(data|lock)\.mdb$/i, null, 'an LMDB database, which is not read', '.mdb'],
  [null, /^MZ/, 'a program for Windows, which is not run; unpack it first if it is an archive', '.exe'],
  [/\.z\d\d$/i, null, 'one part of a zip in several parts; put them together first', '.z01'],
  [null, /^Rar!/, 'a RAR archive, which is not read; unpack it first', 'RAR'],
  [null, /^7z\xbc\xaf/, 'a 7z archive, which is not read; unpack it first', '7z'],
];

/** The same for what may lie beside data that is read. */
export const besideData: typeof unreadKinds = [
  [/\.gif$/i, /^GIF8/, `a GIF picture, ${pictures}`, '.gif'],
  [/\.bmp$/i, /^BM.{4}\0{4}/s, `a BMP picture, ${pictures}`, '.bmp'],
  [/\.webp$/i, /^RIFF.{4}WEBP/s, `a WebP picture, ${pictures}`, '.webp'],
  [/\.tiff?$/i, /^(II\*\0|MM\0\*)/, `a TIFF picture, ${pictures}`, '.tif'],
  [/\.(heic|heif|avif)$/i, /^.{4}ftyp(hei|mif|avif)/s, `a HEIC or AVIF picture, ${pictures}`, '.heic'],
  [/\.p[bgp]m$/i, /^P[1-6]\s/, `a Netpbm picture, ${pictures}`, '.ppm'],
  [/\.(db|sqlite3?)$/i, /^SQLite format 3/, 'an SQLite database, which is not read', '.sqlite'],
  [/\.pdf$/i, /^%PDF-/, 'a PDF document, which is not read', '.pdf'],
  [/\.jsonl?$/i, /^\s*[[{]\s*["[{}\]\d]/, 'a JSON file, which is not read', '.json'],
  [/\.(safetensors|onnx)$/i, null, 'a network, which is not read', '.onnx'],
  [null, /^[-+.\d]+( \d+:[-+.\de]+){3}/, 'a table of LIBSVM’s kind, which is not read', '.libsvm'],
  [null, /^[\t\n\r\x20-\x7e]+$/, 'a text, in which there is no data that is read here', '.txt'],
];

/** Ways of packing that are not read: first bytes, name, command that unpacks. */
export const packings: readonly (readonly [readonly number[], string, string])[] = [
  [[0xfd, 0x37, 0x7a, 0x58], 'xz', 'xz -d'],
  [[0x42, 0x5a, 0x68], 'bzip2', 'bzip2 -d'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'Zstandard', 'zstd -d'],
  [[0x04, 0x22, 0x4d, 0x18], 'LZ4', 'lz4 -d'],
  [[0x1f, 0x9d], 'compress', 'uncompress'],
];

/** What a file is that cannot be read, as the end of "… is", and its mark; null if it is none of these. */
export function kindIn(kinds: typeof unreadKinds, path: string, bytes: Uint8Array) {
  const first = String.fromCharCode(...bytes.subarray(0, 64));
  const found = kinds.find(([name, start]) => name?.test(path) === true || start?.test(first) === true);
  return found === undefined ? null : { what: found[2], mark: found[3] };
}

export const otherPictures = /\.(gif|bmp|webp|tiff?|heic|heif|avif|p[bgp]m)$/i;

/** What the first of some pictures is, where all of them are of kinds that are not read, by their bytes. */
export async function otherKindOf(files: readonly NamedFile[]) {
  // What cannot be read is named when all of it is read.
  const starts = await Promise.all(files.map(({ start }) => start(64).catch(() => new Uint8Array(0))));
  const kinds = starts.map((bytes) => kindIn(besideData, '', bytes));
  return kinds.every((kind) => otherPictures.test(kind?.mark ?? '')) ? (kinds.at(0) ?? null) : null;
}
