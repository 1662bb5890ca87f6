import type { DecodedImage } from './squareImage.ts';

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
