import { UsageError } from './usageError.ts';

/** The largest seed of a run (config.ts). */
const largestSeed = 2 ** 31 - 1;
const mostSeeds = 10_000;

/**
 * The seeds that `--seeds` names: "3" means 0, 1, 2 and "4-6" means 4, 5, 6.
 *
 * @throws UsageError if the text is neither, or names none or more than 10,000 seeds
 */
export function parseSeeds(text: string): number[] {
  const allowed = 'allowed is a count such as 3 (seeds 0, 1, 2) or a range such as 4-6, at most 10,000 seeds';
  const count = /^\d{1,10}$/.exec(text);
  const range = /^(\d{1,10})-(\d{1,10})$/.exec(text);
  const first = range === null ? 0 : Number(range[1]);
  const last = range === null ? Number(text) - 1 : Number(range[2]);
  if ((count === null && range === null) || last < first || last - first >= mostSeeds || last > largestSeed) {
    throw new UsageError(`--seeds is "${text}"; ${allowed}.`);
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/**
 * The part of the seeds, or of a table's runs, that one machine takes: "2/4" takes every fourth, from the second on. The shards
 * 1/n … n/n share none and leave none out.
 *
 * @throws UsageError if the text is not i/n with 1 ≤ i ≤ n, or leaves nothing to run
 */
export function shardOf<T>(all: readonly T[], text: string): T[] {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) {
    throw new UsageError(`--shard is "${text}"; allowed is i/n with i from 1 to n, such as 2/4.`);
  }
  const own = all.filter((_, position) => position % count === index - 1);
  if (own.length === 0) {
    throw new UsageError(`--shard is "${text}", which leaves none of ${all.length} to run; use at most ${all.length} shards.`);
  }
  return own;
}
