/** The pieces of a stream, one after another; a reader that stops early cancels the stream. */
export async function* streamPieces(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    // A failing cancel changes nothing: nobody reads on.
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
