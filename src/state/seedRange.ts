/** Seeds from `first` to `last`, both included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** The largest seed of a run (config.ts). */
const largestSeed = 2 ** 31 - 1;
/** More could not be told apart on the page, and would take days. */
const mostSeeds = 1_000;

/** What {@link parseSeedRange} takes, in words. */
export const allowedSeeds = 'a count such as 10 (seeds 0 to 9) or a range such as 4-6, at most 1,000 seeds';

/** Reads "10" as seeds 0 to 9 and "4-6" as seeds 4 to 6, like the command line; null if it is neither. */
export function parseSeedRange(text: string): SeedRange | null {
  const match = /^\s*(?:(\d{1,10})\s*[-–]\s*)?(\d{1,10})\s*$/.exec(text);
  if (match === null) return null;
  const range = (match as (string | undefined)[])[1] !== undefined;
  const first = range ? Number(match[1]) : 0;
  const last = range ? Number(match[2]) : Number(match[2]) - 1;
  return last < first || last - first >= mostSeeds || last > largestSeed ? null : { first, last };
}

/** The shortest text that {@link parseSeedRange} reads as this range. */
export function seedRangeText({ first, last }: SeedRange): string {
  return first === 0 ? String(last + 1) : `${first}-${last}`;
}

/** Every seed of the range, in order. */
export function seedsOf({ first, last }: SeedRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
