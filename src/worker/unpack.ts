/**
 * Reads a stream to its end, but never more than `limit` bytes.
 *
 * @param onBytes told after each piece how many bytes there are so far
 * @returns the bytes, or null if there are more than `limit`; the stream is then cancelled
 */
export async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  onBytes: (loaded: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    loaded += next.value.length;
    if (loaded > limit) {
      // A failing cancel changes nothing: the answer is the same.
      void reader.cancel().catch(() => {});
      return null;
    }
    pieces.push(next.value);
    onBytes(loaded);
  }
  const bytes = new Uint8Array(loaded);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/**
 * Unpacks gzip.
 *
 * @returns the bytes, or null if there are more than `limit`
 * @throws TypeError if the packed bytes are truncated or damaged
 */
export function unpack(packed: Blob, limit: number): Promise<Uint8Array<ArrayBuffer> | null> {
  return readUpTo(packed.stream().pipeThrough(new DecompressionStream('gzip')), limit);
}
