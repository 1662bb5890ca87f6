import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compactImages } from '../../../src/core/dataset.ts';

it('keeps the images that are there, in order, in the same memory', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (there) => {
      const labels = Uint8Array.from(there.keys());
      const pixels = Uint8Array.from(there.flatMap((_, place) => [place, place + 100]));
      const whole = [...there.keys()].filter((place) => there[place]);
      const set = compactImages(labels, pixels, Uint8Array.from(there, Number), 2);
      expect(set.count).toBe(whole.length);
      expect([...set.labels]).toEqual(whole);
      expect([...set.pixels]).toEqual(whole.flatMap((place) => [place, place + 100]));
      expect(set.pixels.buffer).toBe(pixels.buffer);
    }),
  );
});
