import fc from 'fast-check';
import { encode as encodePng, type ImageData } from 'fast-png';
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/cli/data/squareThread.ts';
import { jpegOrientation, pictureSize, upright, squareImage } from '../../../../src/engine/data/squareImage.ts';
import { plainJpeg, withExif } from '../smallMiniImagenet.ts';

const text = (value: string) => new TextEncoder().encode(value);
const png = (image: Pick<ImageData, 'data' | 'channels'> & Partial<ImageData>) =>
  encodePng({ width: 2, height: 1, depth: 8, ...image });

describe('decodeImage', () => {
  it('decodes a JPEG to its colours', () => {
    const { width, height, channels, data } = decodeImage(plainJpeg([200, 100, 50], 16, 8));
    expect([width, height, channels, data.length]).toEqual([16, 8, 3, 384]);
    [200, 100, 50].forEach((value, channel) => expect(Math.abs(data[channel] - value)).toBeLessThanOrEqual(3));
  });

  it('decodes every kind of PNG to three channels or four', () => {
    const pixels = (bytes: Uint8Array) => {
      const { channels, data } = decodeImage(bytes);
      return [channels, ...data];
    };
    expect(pixels(png({ channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }))).toEqual([3, 1, 2, 3, 4, 5, 6]);
    expect(pixels(png({ channels: 4, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }))).toEqual([
      4, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect(pixels(png({ channels: 1, data: Uint8Array.of(9, 200) }))).toEqual([3, 9, 9, 9, 200, 200, 200]);
    expect(pixels(png({ channels: 2, data: Uint8Array.of(9, 100, 200, 0) }))).toEqual([
      4, 9, 9, 9, 100, 200, 200, 200, 0,
    ]);
    expect(pixels(png({ channels: 1, depth: 16, data: Uint16Array.of(0x1234, 0xff00) }))).toEqual([
      3, 0x12, 0x12, 0x12, 255, 255, 255,
    ]);
  });

  it.each([
    // Bits by hand; 2-bit 0 1 2 3 are 0 85 170 255.
    [
      '1 bit, in rows that begin with a byte of their own',
      1,
      [9, 2],
      [0b10100000, 0b10000000, 0b00000001, 0],
      null,
      '255 0 255 0 0 0 0 0 255 0 0 0 0 0 0 0 255 0',
    ],
    ['2 bits', 2, [5, 1], [0b00011011, 0b11000000], null, '0 85 170 255 255'],
    ['4 bits', 4, [3, 1], [0x0f, 0x80], null, '0 255 136'],
    ['2 bits, of which one value is transparent', 2, [4, 1], [0b00011011], 2, '0 85 - 255'],
  ] as const)('decodes a grey PNG of %s', (_, depth, [width, height], rows, hidden, expected) => {
    const { data, channels } = decodeImage(greyPng(width, height, depth, rows, hidden));
    const found = Array.from({ length: width * height }, (__, pixel) => {
      const [red, green, blue, alpha = 255] = data.subarray(pixel * channels, (pixel + 1) * channels);
      expect([green, blue]).toEqual([red, red]);
      return alpha === 0 ? '-' : String(red);
    });
    expect(found.join(' ')).toBe(expected);
  });

  it('reads the size of a picture without decoding it', () => {
    const bytes = png({ channels: 1, data: Uint8Array.of(1, 2) });
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(16, 2_000_000_000);
    expect(pictureSize(bytes)).toEqual([2_000_000_000, 1]);
    const jpeg = plainJpeg([1, 2, 3], 16, 8);
    const frame = jpeg.findIndex((byte, at) => byte === 0xff && jpeg[at + 1] === 0xc0);
    // Height and width stand behind length and precision; FF may come before a marker as often as it likes.
    jpeg.fill(0xff, frame + 5, frame + 9);
    for (const large of [jpeg, Uint8Array.from([...jpeg.subarray(0, frame), 0xff, 0xff, ...jpeg.subarray(frame)])])
      expect(pictureSize(large)).toEqual([65_535, 65_535]);
    for (const other of [jpeg.subarray(0, frame), Uint8Array.of(), text('GIF89a')])
      expect(pictureSize(other)).toBeNull();
  });

  it('throws an Error for any other bytes, and for a picture that is cut off', () => {
    const whole = plainJpeg([10, 20, 30], 32, 32);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeImage(bytes)).toThrow(Error);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length >> 1 }), (length) => {
        expect(() => decodeImage(whole.subarray(0, length))).toThrow(Error);
      }),
    );
  });

  it('refuses a PNG without pixels', () => {
    for (const [width, height] of [
      [0, 0],
      [0, 4],
      [4, 0],
    ]) {
      expect(() => squareImage(decodeImage(pngHeader(width, height)), 8)).toThrow();
    }
  });

  /** What the standard shows for each orientation of the picture "a b / c d / e f" (EXIF 2.32, 4.6.4, Orientation). */
  const shownAs = ['ab cd ef', 'ba dc fe', 'fe dc ba', 'ef cd ab', 'ace bdf', 'eca fdb', 'fdb eca', 'bdf ace'];

  it.each(shownAs.map((rows, index) => [index + 1, rows] as const))(
    'sets a JPEG of orientation %i upright, in either order of bytes',
    (orientation, rows) => {
      const letters = Uint8Array.from(
        Array.from('abcdef').flatMap((letter) => Array<number>(3).fill(letter.charCodeAt(0))),
      );
      const picture = { width: 2, height: 3, channels: 3, data: letters } as const;
      for (const little of [true, false]) {
        const found = jpegOrientation(withExif(plainJpeg([1, 2, 3], 16, 8), orientation, little));
        expect(found).toBe(orientation);
        const { width, height, data } = upright(picture, found);
        const text = Array.from({ length: height }, (_, y) =>
          Array.from({ length: width }, (__, x) => String.fromCharCode(data[(y * width + x) * 3])).join(''),
        );
        expect(text.join(' ')).toBe(rows);
      }
      const decoded = decodeImage(withExif(plainJpeg([200, 100, 50], 16, 8), orientation, true));
      expect([decoded.width, decoded.height]).toEqual(orientation >= 5 ? [8, 16] : [16, 8]);
    },
  );

  it('takes a JPEG of which EXIF says nothing sensible as it is', () => {
    expect(jpegOrientation(plainJpeg([1, 2, 3]))).toBe(1);
    expect(jpegOrientation(withExif(plainJpeg([1, 2, 3]), 77, true))).toBe(1);
    const whole = withExif(plainJpeg([1, 2, 3]), 6, false);
    for (let length = 0; length < 40; length++) expect([1, 6]).toContain(jpegOrientation(whole.subarray(0, length)));
  });
});

/** A grey PNG, made by hand (PNG, 5.3, 11.2 and 11.3.2.1). */
function greyPng(
  width: number,
  height: number,
  depth: number,
  rows: readonly number[],
  hidden: number | null,
): Uint8Array {
  const chunk = (name: string, content: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(name), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  const rowBytes = rows.length / height;
  // Each row begins with its filter.
  const filtered = Array.from({ length: height }, (_, y) => [0, ...rows.slice(y * rowBytes, (y + 1) * rowBytes)]);
  return new Uint8Array(
    Buffer.concat([
      Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      chunk('IHDR', header),
      ...(hidden === null ? [] : [chunk('tRNS', Uint8Array.of(0, hidden))]),
      chunk('IDAT', deflateSync(Uint8Array.from(filtered.flat()))),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

/** The signature and the first chunk of a PNG of some size, as far as a decoder looks at them. */
function pngHeader(width: number, height: number): Uint8Array {
  const bytes = encodePng({ width: 1, height: 1, depth: 8, channels: 3, data: Uint8Array.of(1, 2, 3) });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(16, width);
  view.setUint32(20, height);
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  return bytes;
}
