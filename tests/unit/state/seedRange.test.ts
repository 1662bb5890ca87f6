import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSeedRange, seedRangeText, seedsOf } from '../../../src/state/sweepPlan.ts';

describe('seed ranges', () => {
  it.each([
    ['1', [0]],
    ['3', [0, 1, 2]],
    ['4-6', [4, 5, 6]],
    [' 4 – 6 ', [4, 5, 6]],
    ['7-7', [7]],
  ])('%j means %j', (text, seeds) => {
    const range = parseSeedRange(text);
    expect(range && seedsOf(range)).toEqual(seeds);
  });

  it.each([
    '',
    '0',
    '-1',
    '6-4',
    '1.5',
    '1e3',
    'ten',
    '1-2-3',
    '0-1000',
    '1001',
    '99999999999',
    '2147483647-2147483648',
    '١',
  ])('%j is no range', (text) => {
    expect(parseSeedRange(text)).toBeNull();
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1_000), fc.integer({ min: 0, max: 999 }), (first, more) => {
        const range = { first, last: first + more };
        expect(parseSeedRange(seedRangeText(range))).toEqual(range);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSeedRange(text)));
  });
});
