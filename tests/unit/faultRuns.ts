/**
 * How many hostile inputs, or faults, a test of `*.faults.test.ts` tries: few in `npm test`, many in `npm run
 * test:faults`, which runs these files alone, of units and of pages. FAULT_RUNS=1000 sets another number for all of them.
 */
export function faultRuns({ short, long }: { readonly short: number; readonly long: number }): number {
  const wanted = process.env.FAULT_RUNS ?? '';
  if (wanted === '') return short;
  return wanted === 'many' ? long : Number(wanted);
}

/** Where hostile inputs start from, so that a failure comes again. FAULT_SEED=7 tries others. */
export const faultSeed = Number(process.env.FAULT_SEED ?? 14);
