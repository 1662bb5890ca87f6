import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quartiles } from '../../../src/core/timing.ts';

it('interpolates between neighbours', () => {
  expect(quartiles([4, 1, 3, 2, 5])).toEqual({ lower: 2, median: 3, upper: 4 });
  expect(quartiles([1, 2])).toEqual({ lower: 1.25, median: 1.5, upper: 1.75 });
  expect(quartiles([7])).toEqual({ lower: 7, median: 7, upper: 7 });
  expect(() => quartiles([])).toThrow(RangeError);
});

it('lies in order within the values, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
      const { lower, median, upper } = quartiles(values);
      expect(Math.min(...values) <= lower && lower <= median && median <= upper && upper <= Math.max(...values)).toBe(
        true,
      );
      expect(quartiles(values.toReversed())).toEqual({ lower, median, upper });
    }),
  );
});
