import { createTarDecoder, type ParsedTarEntry } from 'modern-tar';
import { DataError, type FileReference } from '../../core/dataset.ts';
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
}

/**
 * Unpacks gzip, but never more than `limit` bytes.
 *
 * @returns the bytes, or null if there are more
 * @throws TypeError if the packed bytes are truncated or damaged
 */
export async function unpackUpTo(packed: Uint8Array, limit: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = unpacking(packed);
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > limit) {
      void reader.cancel().catch(() => {});
      return null;
    }
    pieces.push(next.value);
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
  const reader = unpacking(start);
  try {
    // The start alone is a truncated file, so reading ends with an error at the latest.
    for (let next = await reader.read(); !next.done && length < count; next = await reader.read()) {
      const taken = next.value.subarray(0, count - length);
      bytes.set(taken, length);
      length += taken.length;
    }
  } catch {
    // What has arrived is all that there is.
  }
  await reader.cancel().catch(() => {});
  return bytes.subarray(0, length);
}

/** Pieces that packed bytes are cut into on their way. */
const pieceBytes = 65_536;

function unpacking(packed: Uint8Array): ReadableStreamDefaultReader<Uint8Array> {
  let from = 0;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (from < packed.length) controller.enqueue(packed.slice(from, (from += pieceBytes)));
      else controller.close();
    },
  });
  return stream.pipeThrough(new DecompressionStream('gzip')).getReader();
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
 * The files of a zip. Only its directory is read; each file is read when it is asked for, so that an archive of any
 * size costs no more memory than its largest file.
 *
 * @param unzip reads the directory
 * @throws DataError if it is not a whole zip
 */
export async function zipFiles(
  zip: FileReference,
  unzip: () => Promise<{ readonly entries: readonly ZipEntry[] }>,
): Promise<NamedFile[]> {
  const { entries } = await unzip().catch((error: unknown) => {
    throw new DataError(zip, `is not a whole zip archive (${error instanceof Error ? error.message : String(error)})`);
  });
  return entries
    .filter(({ isDirectory }) => !isDirectory)
    .map((entry) => {
      const read = async () => new Uint8Array(await entry.arrayBuffer());
      return { path: entry.name, size: entry.size, read, start: async (count) => (await read()).subarray(0, count) };
    });
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
    for (let entry; (entry = await decoder.next(decoder.entries, missing)) !== undefined;) {
      const { header, body } = entry;
      missing = header.size;
      const reader: Reader<Uint8Array> = body.getReader();
      const content = async function* () {
        for (let piece; (piece = await decoder.next(reader, missing)) !== undefined;) {
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
