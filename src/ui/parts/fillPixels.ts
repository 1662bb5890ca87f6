/**
 * Writes one image of a packed series, 0 … 255, grey or RGB, into an RGBA buffer.
 *
 * @param target of the image's height and width, each divided by `shrink`
 * @param shape height, width, channels of an image
 * @param shrink how many pixels, in each direction, are averaged to one
 */
export function fillPixels(
  target: Uint8ClampedArray,
  pixels: Uint8Array,
  index: number,
  [height, width, channels]: readonly [number, number, number],
  shrink = 1,
): void {
  const start = index * height * width * channels;
  const [rows, columns] = [Math.floor(height / shrink), Math.floor(width / shrink)];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = 4 * (row * columns + column);
      for (let colour = 0; colour < 3; colour++) {
        let sum = 0;
        for (let y = row * shrink; y < (row + 1) * shrink; y++) {
          for (let x = column * shrink; x < (column + 1) * shrink; x++) {
            sum += pixels[start + (y * width + x) * channels + (channels === 3 ? colour : 0)];
          }
        }
        target[at + colour] = sum / (shrink * shrink);
      }
      target[at + 3] = 255;
    }
  }
}
