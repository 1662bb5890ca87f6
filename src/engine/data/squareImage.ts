/** An image as a decoder gives it. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** Row by row, each pixel red, green, blue and, with four channels, alpha; 0 … 255. */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly channels: 3 | 4;
}

/** Which pixels one output pixel is made of. */
interface Taps {
  readonly first: number;
  /** They add up to 1. */
  readonly weights: Float32Array;
}

/**
 * A triangle filter: as wide as two output pixels where the image shrinks, two input pixels where it grows.
 *
 * @param length pixels of the input along this axis
 * @param side pixels of the output
 * @param scale input pixels per output pixel; the output lies in the middle of the input
 */
function tapsOf(length: number, side: number, scale: number): Taps[] {
  const reach = Math.max(1, scale);
  const start = (length - side * scale) / 2;
  return Array.from({ length: side }, (_, index) => {
    const centre = start + (index + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach));
    const last = Math.min(length, Math.ceil(centre + reach));
    const weights = Float32Array.from({ length: last - first }, (_weight, tap) =>
      Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Scales an image so that its shorter side has `side` pixels, and cuts the middle square out of it. Transparent
 * parts become black.
 *
 * @throws RangeError if it has no pixels
 * @returns side × side pixels row by row, each red, green, blue
 */
export function squareImage({ width, height, data, channels }: DecodedImage, side: number): Uint8Array {
  if (width < 1 || height < 1) throw new RangeError(`The picture has ${width} × ${height} pixels; it needs one.`);
  const scale = Math.min(width, height) / side;
  const across = tapsOf(width, side, scale);
  const down = tapsOf(height, side, scale);
  const top = down[0].first;
  const bottom = down[side - 1].first + down[side - 1].weights.length;
  const rows = new Float32Array((bottom - top) * side * 3);
  for (let y = top; y < bottom; y++) {
    for (let x = 0; x < side; x++) {
      const { first, weights } = across[x];
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        const from = (y * width + first + tap) * channels;
        const weight = channels === 4 ? (weights[tap] * data[from + 3]) / 255 : weights[tap];
        red += weight * data[from];
        green += weight * data[from + 1];
        blue += weight * data[from + 2];
      }
      const to = ((y - top) * side + x) * 3;
      rows[to] = red;
      rows[to + 1] = green;
      rows[to + 2] = blue;
    }
  }
  const rowLength = side * 3;
  const square = new Uint8Array(side * rowLength);
  down.forEach(({ first, weights }, y) => {
    for (let i = 0; i < rowLength; i++) {
      let value = 0;
      for (let tap = 0; tap < weights.length; tap++) value += weights[tap] * rows[(first - top + tap) * rowLength + i];
      square[y * rowLength + i] = Math.min(255, Math.round(value));
    }
  });
  return square;
}

/** Width and height of a PNG or JPEG, as its header says; null where it has none, and of any other bytes. */
export function pictureSize(bytes: Uint8Array): readonly [width: number, height: number] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a)
      return [view.getUint32(16), view.getUint32(20)];
    if (view.getUint16(0) !== 0xffd8) return null;
    for (let at = 2; view.getUint8(at) === 0xff; ) {
      const kind = view.getUint8(at + 1);
      // Frames are C0 to CF, but for tables and what is reserved (ITU T.81, table B.1).
      if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind))
        return [view.getUint16(at + 7), view.getUint16(at + 5)];
      // Any number of FF may stand before a marker.
      at += kind === 0xff ? 1 : 2 + view.getUint16(at + 2);
    }
  } catch {
    // The bytes end too early.
  }
  return null;
}

const orientationTag = 0x0112;

/** Reads the orientation of the first directory of a TIFF header (EXIF 2.32, 4.6.2 and 4.6.4); 1 where there is none. */
function orientationIn(tiff: DataView): number {
  const order = tiff.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const directory = tiff.getUint32(4, little);
  const entries = tiff.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + 12 * entry;
    if (tiff.getUint16(at, little) === orientationTag) return tiff.getUint16(at + 8, little);
  }
  return 1;
}

/**
 * How the pixels of a JPEG lie, as cameras write it into EXIF: 1 upright, 3 upside down, 6 and 8 on a side, the others
 * mirrored. 1 where it is not said, or not said well.
 */
export function jpegOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    // Segments: FF, their kind, and their length with its own two bytes; pixels begin with FF DA.
    for (let at = 2; view.getUint8(at) === 0xff && view.getUint8(at + 1) !== 0xda; at += 2 + view.getUint16(at + 2)) {
      const exif = view.getUint8(at + 1) === 0xe1 && view.getUint32(at + 4) === 0x45786966;
      if (!exif) continue;
      const found = orientationIn(new DataView(view.buffer, view.byteOffset + at + 10, view.getUint16(at + 2) - 8));
      return found >= 1 && found <= 8 ? found : 1;
    }
  } catch {
    // The bytes end too early.
  }
  return 1;
}

/** A picture set upright as browsers do it. */
export function upright(picture: DecodedImage, orientation: number): DecodedImage {
  if (orientation === 1) return picture;
  const { width, height, channels, data } = picture;
  const lying = orientation >= 5;
  const [newWidth, newHeight] = lying ? [height, width] : [width, height];
  const turned = new Uint8Array(width * height * channels);
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const [across, down] = lying ? [y, x] : [x, y];
      const fromX = [2, 3, 7, 8].includes(orientation) ? width - 1 - across : across;
      const fromY = [3, 4, 6, 7].includes(orientation) ? height - 1 - down : down;
      const from = (fromY * width + fromX) * channels;
      const to = (y * newWidth + x) * channels;
      for (let channel = 0; channel < channels; channel++) turned[to + channel] = data[from + channel];
    }
  }
  return { width: newWidth, height: newHeight, channels, data: turned };
}
