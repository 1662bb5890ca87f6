const lockName = 'mir-lab-sweep';
/** A page that was just closed may hold the lock a moment longer. */
const patience = 1_500;

/**
 * Makes sure that one page of this site at a time sweeps: two would do the same runs twice.
 *
 * @returns what lets others sweep again; null if another page sweeps now
 */
export async function takeSweep(): Promise<(() => void) | null> {
  const locks = (globalThis as { navigator?: Partial<Navigator> }).navigator?.locks;
  if (locks === undefined) return () => {};
  return new Promise((resolve) => {
    locks
      .request(lockName, { signal: AbortSignal.timeout(patience) }, () => new Promise<void>((release) => resolve(release)))
      .catch(() => resolve(null));
  });
}
