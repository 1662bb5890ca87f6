const seeds = 1_000_000;

/** A seed other than `current`, drawn from the browser's generator; short enough to be read out. */
export function freshSeed(current: number): number {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  const seed = drawn % seeds;
  return seed === current ? (seed + 1) % seeds : seed;
}
