import fc from 'fast-check';
import { encode as encodePng, type ImageData } from 'fast-png';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/cli/data/squareThread.ts';
import { checkPictureSize, jpegOrientation, upright, squareImage } from '../../../../src/engine/data/squareImage.ts';
import { plainJpeg, withExif } from '../smallMiniImagenet.ts';

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

  it('refuses pictures that would fill the memory', () => {
    const bytes = png({ channels: 1, data: Uint8Array.of(1, 2) });
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(16, 2_000_000_000);
    expect(() => decodeImage(bytes)).toThrow('The picture has 2000000000 × 1 pixels, which are too many.');
    const jpeg = plainJpeg([1, 2, 3], 16, 8);
    const frame = jpeg.findIndex((byte, at) => byte === 0xff && jpeg[at + 1] === 0xc0);
    // Height and width stand behind length and precision; FF may come before a marker as often as it likes.
    jpeg.fill(0xff, frame + 5, frame + 9);
    for (const large of [jpeg, Uint8Array.from([...jpeg.subarray(0, frame), 0xff, 0xff, ...jpeg.subarray(frame)])])
      expect(() => checkPictureSize(large)).toThrow('The picture has 65535 × 65535 pixels, which are too many.');
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

/** The signature and the first chunk of a PNG of some size, as far as a decoder looks at them. */
function pngHeader(width: number, height: number): Uint8Array {
  const bytes = encodePng({ width: 1, height: 1, depth: 8, channels: 3, data: Uint8Array.of(1, 2, 3) });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(16, width);
  view.setUint32(20, height);
  view.setUint32(29, crc32(bytes.subarray(12, 29)));
  return bytes;
}
