import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../../src/core/dataset.ts';
import { readChunk, writeChunk } from '../../../../src/engine/data/chunks.ts';

const file = { name: 'part.bin', remedy: 'Fetch it again.' };
const imageSize = 3;
const halfCount = 40;
const pixels = Uint8Array.from({ length: halfCount * imageSize }, (_, i) => i);
const someIndices = fc
  .uniqueArray(fc.nat(halfCount - 1), { minLength: 1, maxLength: halfCount })
  .map((indices) => Int32Array.from(indices).sort());

function read(bytes: Uint8Array, images: number) {
  return readChunk(file, bytes, { images, imageSize, halfCount });
}

describe('chunks', () => {
  it('give back the indices and pixels that were written', () => {
    fc.assert(
      fc.property(someIndices, (indices) => {
        const chunk = read(writeChunk(indices, pixels, imageSize), indices.length);
        expect(chunk.indices).toEqual(indices);
        expect([...chunk.pixels]).toEqual([...indices].flatMap((index) => [3 * index, 3 * index + 1, 3 * index + 2]));
      }),
    );
  });

  it('have the layout that the docstring says', () => {
    expect([...writeChunk(Int32Array.of(2, 5), pixels, imageSize)]).toEqual([
      0x4d, 0x49, 0x52, 0x43, 2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 6, 7, 8, 15, 16, 17,
    ]);
  });

  it('are refused when a byte is missing or too many', () => {
    const whole = writeChunk(Int32Array.of(1, 2, 30), pixels, imageSize);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => read(whole.subarray(0, length), 3)).toThrow(DataError);
      }),
    );
    expect(() => read(Uint8Array.from([...whole, 0]), 3)).toThrow(
      'part.bin unpacks to 34 bytes; 3 images need 33. Fetch it again.',
    );
  });

  it('are read whole or refused, whatever the bytes before the pixels', () => {
    const whole = writeChunk(Int32Array.of(1, 2, 30), pixels, imageSize);
    fc.assert(
      fc.property(fc.nat(23), fc.nat(255), (position, value) => {
        const changed = whole.slice();
        changed[position] = value;
        try {
          const { indices } = read(changed, 3);
          expect([...indices].every((index, i) => index < halfCount && (i === 0 || index > indices[i - 1]))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
    );
  });

  it('are refused when they hold other images than expected', () => {
    const bytes = writeChunk(Int32Array.of(1, 2), pixels, imageSize);
    expect(() => read(bytes, 3)).toThrow('holds 2 images of 3 pixels; 3 of 3 are needed');
    expect(() => readChunk(file, bytes, { images: 2, imageSize: 4, halfCount })).toThrow(
      'holds 2 images of 3 pixels; 2 of 4',
    );
    expect(() => readChunk(file, bytes, { images: 2, imageSize, halfCount: 2 })).toThrow('its image 2 has index 2');
    expect(() => read(writeChunk(Int32Array.of(4, 4), pixels, imageSize), 2)).toThrow('its image 2 has index 4');
    expect(() => read(new TextEncoder().encode('<!doctype html>'), 2)).toThrow('is not a chunk of images');
  });
});
