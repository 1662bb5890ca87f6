import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSeeds, shardOf, slurmShard, UsageError } from '../../../src/cli/configFlags.ts';

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
      `--shard is "${text}"; allowed is i/n with i from 1 to n, such as 2/4, or slurm in a Slurm array.`,
    );
  });

  it('takes its part from a Slurm array, and none that Slurm does not tell', () => {
    const array = (id: number, min: number, max: number, count = max - min + 1) =>
      slurmShard({
        SLURM_ARRAY_TASK_ID: String(id),
        SLURM_ARRAY_TASK_MIN: String(min),
        SLURM_ARRAY_TASK_MAX: String(max),
        SLURM_ARRAY_TASK_COUNT: String(count),
      });
    expect([array(1, 1, 8), array(8, 1, 8), array(0, 0, 3), array(3, 0, 3)]).toEqual(['1/8', '8/8', '1/4', '4/4']);
    expect(() => array(3, 3, 3)).toThrow(
      '--shard is "slurm", but the array has one task, 3, and does not tell how many parts there are; write --shard 3/n, with n as before.',
    );
    expect(() => array(5, 2, 8)).toThrow('has 7 tasks from 2 to 8, as if some parts were left out; write --shard 5/n');
    expect(() => array(5, 1, 8, 4)).toThrow('has 4 tasks from 1 to 8, as if');
    expect(() => slurmShard({})).toThrow('but this is no task of a Slurm array; submit it with sbatch --array=1-8');
    expect(() => slurmShard({ SLURM_ARRAY_TASK_ID: '1; rm' })).toThrow('no task of a Slurm array');
  });

  it('refuses a shard without seeds', () => {
    expect(() => shardOf([0, 1], '3/3')).toThrow(
      '--shard is "3/3", which leaves none of 2 to run; use at most 2 shards.',
    );
  });
});
