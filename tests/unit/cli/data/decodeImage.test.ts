import fc from 'fast-check';
import { encode as encodePng, type ImageData } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/cli/data/decodeImage.ts';
import { plainJpeg } from '../smallMiniImagenet.ts';

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
    expect(() => decodeImage(bytes)).toThrow('too large');
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
});
