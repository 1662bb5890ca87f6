import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../../src/core/dataset.ts';
import { type IdxImages, type IdxLabels, joinIdx, parseIdx } from '../../../../src/engine/data/idx.ts';
import { idxImages, idxLabels } from '../../cli/smallMnist.ts';

const file = { name: 'some.idx', remedy: 'Fetch it again.' };

function problemOf(bytes: Uint8Array): string {
  try {
    parseIdx(file, bytes, 10);
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).file).toBe('some.idx');
    return (error as DataError).message;
  }
  throw new Error('The file was accepted.');
}

describe('parseIdx', () => {
  it('reads labels and images with their sizes and values', () => {
    expect(parseIdx(file, idxLabels([3, 0, 9]), 10)).toEqual({
      kind: 'labels',
      count: 3,
      labels: Uint8Array.of(3, 0, 9),
    });
    const images = parseIdx(
      file,
      idxImages(2, 2, 3, (image, position) => 10 * image + position),
      10,
    );
    expect(images).toEqual({
      kind: 'images',
      count: 2,
      height: 2,
      width: 3,
      pixels: Uint8Array.of(0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15),
    });
  });

  it('reads a file that lies inside a larger buffer', () => {
    const outer = new Uint8Array(30).fill(255);
    outer.set(idxLabels([1, 2]), 7);
    expect(parseIdx(file, outer.subarray(7, 17), 10)).toMatchObject({ count: 2, labels: Uint8Array.of(1, 2) });
  });

  it('gives back any labels and images that are well formed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 6 }),
        (labels, side) => {
          expect([...(parseIdx(file, idxLabels(labels), 10) as IdxLabels).labels]).toEqual(labels);
          const bytes = idxImages(labels.length, side, side + 1);
          expect((parseIdx(file, bytes, 10) as IdxImages).pixels).toEqual(bytes.subarray(16));
        },
      ),
    );
  });

  it('refuses every file cut short, whatever the place', () => {
    const whole = idxImages(3, 4, 5);
    fc.assert(fc.property(fc.nat(whole.length - 1), (length) => void problemOf(whole.subarray(0, length))));
    const labels = idxLabels([1, 2, 3]);
    for (let length = 0; length < labels.length; length++) problemOf(labels.subarray(0, length));
  });

  it('refuses every file with bytes too many', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.boolean(), (extra, images) => {
        const whole = images ? idxImages(2, 3, 3) : idxLabels([4, 5]);
        expect(problemOf(Uint8Array.from([...whole, ...extra]))).toContain('need');
      }),
    );
  });

  it('refuses any other kind of file, and never fails otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        fc.pre(!(bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8));
        expect(problemOf(bytes)).toContain('is not an IDX file of images or labels');
      }),
    );
  });

  it('refuses any header whose counts do not fit the file', () => {
    fc.assert(
      fc.property(fc.tuple(fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1)), ([count, height, width]) => {
        fc.pre(count * height * width !== 24);
        const bytes = idxImages(2, 3, 4);
        [count, height, width].forEach((value, i) => new DataView(bytes.buffer).setUint32(4 + 4 * i, value));
        problemOf(bytes);
      }),
    );
  });

  it('refuses a label out of range and says which', () => {
    fc.assert(
      fc.property(fc.nat(19), fc.integer({ min: 10, max: 255 }), (position, label) => {
        const labels = Array.from({ length: 20 }, (_, i) => i % 10);
        labels[position] = label;
        expect(problemOf(idxLabels(labels))).toBe(
          `some.idx says that image ${position + 1} is of class ${label}; labels go from 0 to 9. Fetch it again.`,
        );
      }),
    );
  });

  it('says what was found, what is expected and what to do', () => {
    const cut = idxImages(60_000, 28, 28, () => 0).subarray(0, 1_234);
    expect(problemOf(cut)).toBe('some.idx has 1,234 bytes; 60,000 images of 28 × 28 need 47,040,016. Fetch it again.');
    expect(problemOf(new TextEncoder().encode('%PDF-1.4'))).toBe(
      'some.idx is not an IDX file of images or labels: it begins with the bytes 25 50 44 46; images begin with 00 00 08 03, labels with 00 00 08 01. Fetch it again.',
    );
    expect(problemOf(new Uint8Array(0))).toContain('it is empty');
    expect(problemOf(idxLabels([], 0))).toContain('holds 0 labels');
    expect(problemOf(idxImages(0))).toContain('holds 0 images');
  });
});

describe('joinIdx', () => {
  it('refuses images and labels of different counts', () => {
    const images = parseIdx(file, idxImages(3, 2, 2), 10) as IdxImages;
    const labels = parseIdx(file, idxLabels([1, 2]), 10) as IdxLabels;
    expect(() => joinIdx(images, labels, 'images.idx', file)).toThrow(
      'some.idx holds 2 labels; images.idx has 3 images, and each image needs one label. Fetch it again.',
    );
  });
});
