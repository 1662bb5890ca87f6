/** Seconds in which an estimate of the time left has mostly come over to a new one. */
const settling = 15;

/** An estimate of the time left, and when it was made, both in seconds. */
export interface Left {
  readonly seconds: number;
  readonly at: number;
}

/**
 * The time left after another estimate: it runs down with the clock, and comes over to what is estimated now bit by
 * bit, so that a single run that is slow or quick does not make it jump.
 */
export function steadied(before: Left | null, estimate: number, now: number): Left {
  if (before === null) return { seconds: estimate, at: now };
  const passed = Math.max(0, now - before.at);
  const expected = Math.max(0, before.seconds - passed);
  const weight = 1 - Math.exp(-passed / settling);
  return { seconds: expected + weight * (estimate - expected), at: now };
}

/** Seconds of training from which on an estimate is worth to be said. */
export const firstEstimateAfter = 3;
