/** Writes one image of a packed series, 0 … 255, grey or RGB, into an RGBA buffer. */
export function fillPixels(target: Uint8ClampedArray, pixels: Uint8Array, index: number, channels: number): void {
  const count = target.length / 4;
  const start = index * count * channels;
  for (let i = 0; i < count; i++) {
    const from = start + i * channels;
    target[4 * i] = pixels[from];
    target[4 * i + 1] = pixels[channels === 3 ? from + 1 : from];
    target[4 * i + 2] = pixels[channels === 3 ? from + 2 : from];
    target[4 * i + 3] = 255;
  }
}
