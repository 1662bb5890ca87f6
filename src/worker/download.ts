import { DataError, type FileReference, grouped } from '../core/dataset.ts';

/** Pieces that bytes are cut into on their way through a stream. */
const pieceBytes = 65_536;

/**
 * Reads a stream to its end, but never more than `limit` bytes.
 *
 * @param onBytes told after each piece how many bytes there are so far
 * @param expected the probable number of bytes; if it is right, they are held only once
 * @returns the bytes, or null if there are more than `limit`; the stream is then cancelled
 */
async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  onBytes: (loaded: number) => void = () => {},
  expected = 0,
): Promise<Uint8Array<ArrayBuffer> | null> {
  let bytes = new Uint8Array(Math.min(expected, limit));
  let loaded = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const piece = next.value;
    if (loaded + piece.length > limit) {
      // A failing cancel changes nothing, because the answer is the same.
      void reader.cancel().catch(() => {});
      return null;
    }
    if (loaded + piece.length > bytes.length) {
      const larger = new Uint8Array(Math.min(limit, Math.max(loaded + piece.length, 2 * bytes.length)));
      larger.set(bytes.subarray(0, loaded));
      bytes = larger;
    }
    bytes.set(piece, loaded);
    loaded += piece.length;
    onBytes(loaded);
  }
  return loaded === bytes.length ? bytes : bytes.slice(0, loaded);
}

/** Bytes as a stream of copies of their pieces: what a stream has seen, Chromium holds until it collects garbage. */
function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      if (from < bytes.length) controller.enqueue(bytes.slice(from, (from += pieceBytes)));
      else controller.close();
    },
  });
}

/**
 * Unpacks gzip.
 *
 * @param packed bytes in memory, or a file
 * @param expected the probable number of unpacked bytes
 * @returns the bytes, or null if there are more than `limit`
 * @throws TypeError if the packed bytes are truncated or damaged
 */
export function unpack(
  packed: Blob | Uint8Array<ArrayBuffer>,
  limit: number,
  expected = 0,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const stream: ReadableStream<Uint8Array<ArrayBuffer>> = packed instanceof Blob ? packed.stream() : streamOf(packed);
  return readUpTo(stream.pipeThrough(new DecompressionStream('gzip')), limit, () => {}, expected);
}

/** How a file is downloaded. */
interface DownloadOptions {
  /** Most bytes that it may have. */
  readonly limit: number;
  /** Bytes that it probably has. */
  readonly expected: number;
  readonly priority: RequestPriority;
  /** How the first try uses the browser's HTTP cache; later tries bypass it. */
  readonly cache: RequestCache;
  /** Bytes of the current try so far. */
  readonly onBytes: (loaded: number) => void;
  /** Milliseconds without a byte after which a try is given up. */
  readonly patience: number;
}

type Answer =
  | { readonly kind: 'received'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Trying again would not help. */
  | { readonly kind: 'refused'; readonly problem: string }
  | { readonly kind: 'interrupted'; readonly problem: string };

const tries = 3;
const pause = 300;

function pleaseWait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function receive(
  response: Response,
  options: DownloadOptions,
  onBytes: (loaded: number) => void,
): Promise<Answer> {
  if (response.status >= 500 || response.status === 429) {
    return {
      kind: 'interrupted',
      problem: `could not be downloaded: the server answered with status ${response.status}`,
    };
  }
  if (!response.ok) {
    const missing = response.status === 404 ? 'is missing on the server' : 'was refused by the server';
    return { kind: 'refused', problem: `${missing} (status ${response.status})` };
  }
  if (response.headers.get('content-type')?.includes('text/html')) {
    return { kind: 'refused', problem: 'is missing on the server: a web page came in its place' };
  }
  const bytes = await readUpTo(response.body ?? new Blob([]).stream(), options.limit, onBytes, options.expected);
  if (bytes) return { kind: 'received', bytes };
  return { kind: 'refused', problem: `has more than the ${grouped(options.limit)} bytes that are expected` };
}

async function tryOnce(url: URL, cache: RequestCache, options: DownloadOptions): Promise<Answer> {
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), options.patience);
  const onBytes = (loaded: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), options.patience);
    options.onBytes(loaded);
  };
  try {
    const response = await fetch(url, { cache, priority: options.priority, signal: stalled.signal });
    return await receive(response, options, onBytes);
  } catch {
    const reason = stalled.signal.aborted
      ? `nothing came for ${options.patience / 1_000} seconds`
      : 'the connection failed';
    return { kind: 'interrupted', problem: `could not be downloaded: ${reason}` };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Downloads a file and checks it. An interrupted download and a file that fails its check are tried again;
 * a file that the server does not have is not.
 *
 * @param check reads the bytes; throws a DataError if they are not what was expected
 * @returns what `check` returns
 * @throws DataError that says what was wrong in the last try
 */
export async function download<T>(
  url: URL,
  file: FileReference,
  options: DownloadOptions,
  check: (bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const answer = await tryOnce(url, attempt === 1 ? options.cache : 'reload', options);
    switch (answer.kind) {
      case 'received':
        try {
          return await check(answer.bytes);
        } catch (error) {
          if (attempt === tries) throw error;
        }
        break;
      case 'refused':
        throw new DataError(file, answer.problem, { kind: 'site' });
      case 'interrupted':
        if (attempt === tries) {
          const remedy = 'Check the connection, then reload the page.';
          throw new DataError({ name: file.name, remedy }, `${answer.problem} (${tries} tries)`, { kind: 'download' });
        }
        break;
      default:
        answer satisfies never;
    }
    await pleaseWait(pause * attempt);
  }
}
