import { DataError, type FileReference } from '../../core/dataset.ts';

/** A file of a folder or a zip, wherever that lies. */
export interface NamedFile {
  /** Within the folder or zip, with "/" between folders. */
  readonly path: string;
  /** Bytes, unpacked. */
  readonly size: number;
  /** Reads it whole; rejects if it cannot be read. */
  readonly read: () => Promise<Uint8Array>;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** An entry of a zip, as the library `unzipit` gives it. */
interface ZipEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** Bytes, unpacked. */
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/**
 * The files of a zip. Only its directory is read; each file is read when it is asked for, so that an archive
 * of any size costs no more memory than its largest file.
 *
 * @param unzip reads the directory
 * @throws DataError if it is no whole zip
 */
export async function zipFiles(
  zip: FileReference,
  unzip: () => Promise<{ readonly entries: readonly ZipEntry[] }>,
): Promise<NamedFile[]> {
  const { entries } = await unzip().catch((error: unknown) => {
    throw new DataError(zip, `is no whole zip archive (${error instanceof Error ? error.message : String(error)})`);
  });
  return entries
    .filter(({ isDirectory }) => !isDirectory)
    .map((entry) => ({
      path: entry.name,
      size: entry.size,
      read: async () => new Uint8Array(await entry.arrayBuffer()),
    }));
}

/** A file of a tar archive: its bytes in pieces, to be read before the next file is asked for. */
export interface TarFile {
  /** Path within the archive. */
  readonly path: string;
  readonly pieces: AsyncIterable<Uint8Array>;
}

const block = 512;
const checksum = { offset: 148, length: 8 };
const sizeField = { offset: 124, length: 12 };
const kindOffset = 156;
const nameLength = 100;
const prefix = { offset: 345, length: 155 };
const mark = { offset: 257, posix: 'ustar\0' };
/** Kinds of entries that are plain files: '0', or nothing in archives of the oldest programs. */
const plainFile = new Set(['0', '\0']);

function textAt(header: Uint8Array, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** @throws RangeError if the field holds no octal number */
function octalAt(header: Uint8Array, offset: number, length: number): number {
  const text = textAt(header, offset, length).trim();
  if (!/^[0-7]+$/.test(text)) throw new RangeError(`The tar archive has "${text}" where an octal number belongs.`);
  return Number.parseInt(text, 8);
}

/** Bytes that come in pieces, taken in whatever portions are needed. */
class Portions {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes, at most `most` of them; null at the end. */
  async next(most: number): Promise<Uint8Array | null> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return null;
      this.#rest = next.value;
    }
    const portion = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(portion.length);
    return portion;
  }

  /** Exactly `length` bytes; null at the end. */
  async block(length: number): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const portion = await this.next(length - filled);
      if (!portion && filled > 0) throw new RangeError('The tar archive is cut off in a header.');
      if (!portion) return null;
      bytes.set(portion, filled);
      filled += portion.length;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

function checkHeader(header: Uint8Array): void {
  const stated = octalAt(header, checksum.offset, checksum.length);
  const inField = (index: number) => index >= checksum.offset && index < checksum.offset + checksum.length;
  const found = header.reduce((sum, byte, index) => sum + (inField(index) ? 0x20 : byte), 0);
  if (found !== stated)
    throw new RangeError(`A header of the tar archive is damaged: its sum is ${found}, it says ${stated}.`);
}

/**
 * Reads a tar archive (POSIX.1-1988 ustar, or GNU) as its bytes arrive; nothing is held but the piece at hand.
 * Files that are not read are skipped, and so is all that is no plain file.
 *
 * @throws RangeError if a header is damaged or the archive is cut off; whatever reading the pieces throws
 */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TarFile> {
  const portions = new Portions(pieces);
  try {
    for (let header = await portions.block(block); header !== null; header = await portions.block(block)) {
      if (header.every((byte) => byte === 0)) return;
      checkHeader(header);
      const size = octalAt(header, sizeField.offset, sizeField.length);
      let left = size;
      const content = async function* () {
        while (left > 0) {
          const portion = await portions.next(left);
          if (!portion) throw new RangeError(`The tar archive is cut off: ${left} bytes of a file are missing.`);
          left -= portion.length;
          yield portion;
        }
      };
      const isPosix =
        new TextDecoder().decode(header.subarray(mark.offset, mark.offset + mark.posix.length)) === mark.posix;
      const folder = isPosix ? textAt(header, prefix.offset, prefix.length) : '';
      const name = textAt(header, 0, nameLength);
      const kind = String.fromCharCode(header[kindOffset]);
      if (plainFile.has(kind)) yield { path: folder === '' ? name : `${folder}/${name}`, pieces: content() };
      for await (const _ of content());
      await portions.block((block - (size % block)) % block);
    }
  } finally {
    await portions.close();
  }
}
