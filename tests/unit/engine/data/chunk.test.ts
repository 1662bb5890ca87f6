import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../../src/core/dataset.ts';
import { ComingImages, readChunk, writeChunk } from '../../../../src/engine/data/chunks.ts';

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

describe('images that come in chunks', () => {
  const chunkOf = Uint8Array.from({ length: halfCount }, (_, index) => index % 3);
  const chunk = (number: number) => {
    const indices = Int32Array.from(chunkOf.keys()).filter((index) => chunkOf[index] === number);
    return read(writeChunk(indices, pixels, imageSize), indices.length);
  };
  const imageOf = (images: ComingImages, index: number) => [...images.subarray(index * imageSize)];
  const original = (index: number) => [...pixels.subarray(index * imageSize, (index + 1) * imageSize)];

  it('are told by index, and are missing until their chunk is there', () => {
    const images = new ComingImages(chunkOf, imageSize);
    expect(images.length).toBe(pixels.length);
    expect(images.missing(Int32Array.of(0, 4, 7))).toEqual(new Set([0, 1]));
    images.take(1, chunk(1));
    expect(images.missing(Int32Array.of(0, 4, 7))).toEqual(new Set([0]));
    expect(imageOf(images, 37)).toEqual(original(37));
    expect(() => imageOf(images, 36)).toThrow('Training image 36 is not in memory.');
  });

  it('stay whole where many are needed, one by one where few are, and where they cannot come again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(halfCount - 1)), fc.uniqueArray(fc.nat(2)), (wanted, lasting) => {
        const images = new ComingImages(chunkOf, imageSize);
        for (const number of [0, 1, 2]) images.take(number, chunk(number));
        const needed = (number: number) => wanted.filter((index) => chunkOf[index] === number).length;
        const gone = [...images.keepOnly(Int32Array.from(wanted), (number) => !lasting.includes(number)).keys()];
        expect(gone.toSorted((one, other) => one - other)).toEqual(
          [0, 1, 2].filter((number) => !lasting.includes(number) && needed(number) < chunk(number).indices.length / 4),
        );
        for (const index of chunkOf.keys()) {
          if (wanted.includes(index) || !gone.includes(chunkOf[index]))
            expect(imageOf(images, index)).toEqual(original(index));
          else expect(() => imageOf(images, index)).toThrow('is not in memory');
        }
        // Of those that are left, a memory may let some go; the others come back with their chunk.
        const [, ...fewer] = wanted;
        images.keepOnly(Int32Array.from(fewer), () => true);
        for (const index of fewer) expect(imageOf(images, index)).toEqual(original(index));
        for (const number of images.missing(Int32Array.from(chunkOf.keys()))) images.take(number, chunk(number));
        for (const index of chunkOf.keys()) expect(imageOf(images, index)).toEqual(original(index));
      }),
    );
  });
});
