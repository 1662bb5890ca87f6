import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSeeds, shardOf, UsageError } from '../../../src/cli/configFlags.ts';

describe('parseSeeds', () => {
  it('takes a count from 0, or a range with both ends', () => {
    expect(parseSeeds('3')).toEqual([0, 1, 2]);
    expect(parseSeeds('4-6')).toEqual([4, 5, 6]);
    expect(parseSeeds('7-7')).toEqual([7]);
  });

  it.each([
    '',
    '0',
    '-1',
    '1.5',
    '6-4',
    '1-',
    'three',
    '1e3',
    ' 3',
    '10001',
    '0-10000',
    '2147483647-2147483648',
    '99999999999',
  ])('refuses "%s" and says what is allowed', (text) => {
    expect(() => parseSeeds(text)).toThrow(UsageError);
    expect(() => parseSeeds(text)).toThrow(
      `--seeds is "${text}"; allowed is a count such as 3 (seeds 0, 1, 2) or a range`,
    );
  });
});

describe('shardOf', () => {
  it('takes every n-th seed', () => {
    expect(shardOf([0, 1, 2, 3, 4], '2/2')).toEqual([1, 3]);
    expect(shardOf([4, 5, 6], '1/1')).toEqual([4, 5, 6]);
  });

  it('splits any seeds into parts that overlap nowhere and leave nothing out', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 50 }), fc.nat(), (seeds, draw) => {
        const count = 1 + (draw % seeds.length);
        const parts = Array.from({ length: count }, (_, index) => shardOf(seeds, `${index + 1}/${count}`));
        expect(parts.flat().sort((a, b) => a - b)).toEqual(seeds.toSorted((a, b) => a - b));
        const sizes = parts.map((part) => part.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each(['', '0/2', '3/2', '1', '1/0', 'a/b', '1/2/3', '-1/2', '1.5/2'])('refuses "%s"', (text) => {
    expect(() => shardOf([0, 1], text)).toThrow(
      `--shard is "${text}"; allowed is i/n with i from 1 to n, such as 2/4.`,
    );
  });

  it('refuses a shard without seeds', () => {
    expect(() => shardOf([0, 1], '3/3')).toThrow(
      '--shard is "3/3", which leaves none of 2 to run; use at most 2 shards.',
    );
  });
});
