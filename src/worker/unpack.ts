/** Pieces that bytes are cut into on their way through a stream. */
const pieceBytes = 65_536;

/**
 * Reads a stream to its end, but never more than `limit` bytes.
 *
 * @param onBytes told after each piece how many bytes there are so far
 * @param expected bytes that there will probably be: with the right number, they are held only once
 * @returns the bytes, or null if there are more than `limit`; the stream is then cancelled
 */
export async function readUpTo(
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
      // A failing cancel changes nothing: the answer is the same.
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

/** Bytes as a stream of views on them. */
function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let from = 0;
  return new ReadableStream({
    pull(controller) {
      if (from < bytes.length) controller.enqueue(bytes.subarray(from, (from += pieceBytes)));
      else controller.close();
    },
  });
}

/**
 * Unpacks gzip.
 *
 * @param packed bytes in memory, or a file
 * @param expected bytes that it will probably unpack to
 * @returns the bytes, or null if there are more than `limit`
 * @throws TypeError if the packed bytes are truncated or damaged
 */
export function unpack(packed: Blob | Uint8Array<ArrayBuffer>, limit: number, expected = 0): Promise<Uint8Array<ArrayBuffer> | null> {
  const stream: ReadableStream<Uint8Array<ArrayBuffer>> = packed instanceof Blob ? packed.stream() : streamOf(packed);
  return readUpTo(stream.pipeThrough(new DecompressionStream('gzip')), limit, () => {}, expected);
}
