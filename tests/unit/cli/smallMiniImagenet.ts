import { encode as encodeJpeg } from 'jpeg-js';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { MiniImagenetShape } from '../../../src/engine/data/miniImagenet.ts';

/** Fewer images per class than the real set, but as many classes. */
export const smallShape: MiniImagenetShape = { classes: 100, train: 4, test: 1 };

const classesOf = { 'train.csv': 64, 'val.csv': 16, 'test.csv': 20 };

/** What class k is called: like an ImageNet synset, and not in the order of the numbers. */
export const className = (label: number) => `n${String(((label * 37) % 100) + 1_000_000).padStart(8, '0')}`;
export const imageName = (label: number, image: number) =>
  `${className(label)}${String(image + 1).padStart(8, '0')}.jpg`;

const colours = 8;

/** The colour of an image: its number and, but for multiples of eight, its class can be told from it. */
export const colourOf = (label: number, image: number): [number, number, number] => [
  (label % colours) * 25 + 20,
  image * 25 + 20,
  128,
];

/** A JPEG of one colour. */
export function plainJpeg([red, green, blue]: readonly [number, number, number], width = 30, height = 20): Uint8Array {
  const pixels = Uint8Array.from(Array.from({ length: width * height }, () => [red, green, blue, 255]).flat());
  return new Uint8Array(encodeJpeg({ width, height, data: pixels }, 95).data);
}

/** A JPEG with an EXIF segment that has one entry, its orientation, after its first two bytes. */
export function withExif(jpeg: Uint8Array, orientation: number, little: boolean): Uint8Array {
  const segment = new Uint8Array(36);
  const view = new DataView(segment.buffer);
  view.setUint16(0, 0xffe1);
  view.setUint16(2, 34);
  segment.set(new TextEncoder().encode('Exif'), 4);
  view.setUint16(10, little ? 0x4949 : 0x4d4d);
  view.setUint16(12, 42, little);
  view.setUint32(14, 8, little);
  view.setUint16(18, 1, little);
  view.setUint16(20, 0x112, little);
  view.setUint16(22, 3, little);
  view.setUint32(24, 1, little);
  view.setUint16(28, orientation, little);
  return new Uint8Array([...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)]);
}

/** A JPEG of four colours, none of which lies opposite its like however it is turned, that EXIF says to turn. */
export function lyingJpeg(orientation: number): Uint8Array {
  const [width, height] = [64, 32];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, at) => {
    const [x, y, channel] = [(at >> 2) % width, Math.floor(at / 4 / width), at & 3];
    return [x < width / 2 ? 220 : 30, y < height / 2 ? 200 : 60, 128, 255][channel];
  });
  return withExif(new Uint8Array(encodeJpeg({ width, height, data }, 95).data), orientation, orientation % 2 === 0);
}

/** The files of a set of the real shape, by path; `images` of each class. */
export function miniImagenetFiles(images = smallShape.train + smallShape.test): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  // Encoding is slow, so pictures of one colour share their bytes.
  const pictures = Array.from({ length: colours }, (_, label) =>
    Array.from({ length: images }, (_image, image) => plainJpeg(colourOf(label, image))),
  );
  let label = 0;
  for (const [table, classes] of Object.entries(classesOf)) {
    const rows = ['filename,label'];
    for (let i = 0; i < classes; i++, label++) {
      for (let image = 0; image < images; image++) {
        rows.push(`${imageName(label, image)},${className(label)}`);
        files.set(`images/${imageName(label, image)}`, pictures[label % colours][image]);
      }
    }
    files.set(table, new TextEncoder().encode(`${rows.join('\r\n')}\r\n`));
  }
  return files;
}

/** Writes files into a new folder. */
export async function writeFolder(
  files: ReadonlyMap<string, Uint8Array>,
  name = 'small-miniimagenet-',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), name));
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

/** 16-bit and 32-bit numbers as a zip holds them; the signature comes first. */
function header(signature: number, fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  const out = Buffer.alloc(4 + fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = out.writeUInt32LE(signature);
  for (const [bytes, value] of fields) at = out.writeUIntLE(value, at, bytes);
  return out;
}

/** A zip of files (APPNOTE.TXT, 4.3); pictures are stored, tables deflated, unless told otherwise. */
export function zipOf(
  files: ReadonlyMap<string, Uint8Array>,
  isDeflated = (path: string) => path.endsWith('.csv'),
): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const deflated = isDeflated(path);
    const content = deflated ? deflateRawSync(bytes) : Buffer.from(bytes);
    const name = Buffer.from(path);
    // Version, flags, method, time, date, checksum, packed size, size, length of the name, of what is extra.
    const described = [
      [2, 20],
      [2, 0],
      [2, deflated ? 8 : 0],
      [2, 0],
      [2, 0x21],
      [4, crc32(bytes)],
      [4, content.length],
      [4, bytes.length],
      [2, name.length],
      [2, 0],
    ] as const;
    const local = header(0x04034b50, described);
    // Length of the comment, disk, attributes, place.
    const rest = [
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ] as const;
    directory.push(header(0x02014b50, [[2, 20], ...described, ...rest]), name);
    parts.push(local, name, content);
    offset += local.length + name.length + content.length;
  }
  const listed = Buffer.concat(directory);
  const counts = [
    [2, 0],
    [2, 0],
    [2, files.size],
    [2, files.size],
    [4, listed.length],
    [4, offset],
    [2, 0],
  ] as const;
  return new Uint8Array(Buffer.concat([...parts, listed, header(0x06054b50, counts)]));
}
