/** `ArrayBuffer.prototype.transfer` is younger than some browsers. */
interface Transferable {
  transfer?(length: number): ArrayBuffer;
}

/**
 * Gives the memory of bytes that nobody needs any longer back at once, where the browser can. The garbage
 * collector would get to it some hundred megabytes later.
 */
export function freeBytes({ buffer }: Uint8Array<ArrayBuffer>): void {
  (buffer as Transferable).transfer?.(0);
}
