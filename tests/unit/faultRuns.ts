import { below, randomStream } from '../../src/core/random.ts';

/**
 * How many hostile inputs, or faults, a test of `*.faults.test.ts` tries: few in `npm test`, many in `npm run
 * test:faults`, which runs these files alone, of units and of pages. FAULT_RUNS=1000 sets another number for all of them.
 */
export function faultRuns({ short, long }: { readonly short: number; readonly long: number }): number {
  const wanted = process.env.FAULT_RUNS ?? '';
  if (wanted === '') return short;
  return wanted === 'many' ? long : Number(wanted);
}

/**
 * Where hostile inputs and the moments of faults start from, so that a failure comes again: `npm run test:faults` takes
 * another one each time and says it. FAULT_SEED=7 repeats one.
 */
export const faultSeed = Number(process.env.FAULT_SEED ?? 14);

/** For the message of a test whose moments are drawn by {@link faultMoments}. */
export const faultSeedWords = `with FAULT_SEED=${faultSeed}`;

/** Draws numbers from 0 to 1, the same for the same seed. */
export function faultMoments(): () => number {
  const random = randomStream(faultSeed, 'order');
  return () => below(2 ** 20, random) / 2 ** 20;
}
