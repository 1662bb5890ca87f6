import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLabelFile, writeLabelFile } from '../../../../src/engine/data/chunks.ts';

const file = { name: 'labels.bin', remedy: 'Fetch it again.' };
const labels = fc.uint8Array({ min: 0, max: 9, minLength: 1, maxLength: 30 });

describe('label files', () => {
  it('give back labels and chunk numbers', () => {
    fc.assert(
      fc.property(labels, labels, (train, test) => {
        const chunkOf = train.map((label) => label % 4);
        const expected = { train: train.length, test: test.length, classes: 10, chunks: 4 };
        expect(readLabelFile(file, writeLabelFile({ train, test, chunkOf }), expected)).toEqual({
          train,
          test,
          chunkOf,
        });
      }),
    );
  });

  it('are refused with a wrong length, label or chunk number', () => {
    const expected = { train: 2, test: 1, classes: 10, chunks: 2 };
    expect(() => readLabelFile(file, Uint8Array.of(1, 2, 3, 0), expected)).toThrow(
      'labels.bin unpacks to 4 bytes; the labels of 3 images need 5. Fetch it again.',
    );
    expect(() => readLabelFile(file, Uint8Array.of(1, 2, 10, 0, 0), expected)).toThrow(
      'holds the label 10; labels go from 0 to 9',
    );
    expect(() => readLabelFile(file, Uint8Array.of(1, 2, 3, 0, 2), expected)).toThrow('points to chunk 2; there are 2');
  });
});
