/** The browser's locks; undefined where there are none: outside secure contexts, and in Node. */
function webLocks(): LockManager | undefined {
  return (globalThis as { navigator?: Partial<Navigator> }).navigator?.locks;
}

/**
 * Holds the lock of this name for as long as the caller's thread lives. Resolves once it is held; at once
 * where there are no locks.
 */
export function holdLifeline(name: string): Promise<void> {
  const locks = webLocks();
  if (locks === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    void locks.request(name, () => {
      resolve();
      return new Promise(() => {});
    });
  });
}

/**
 * Calls `onDeath` when the thread that holds the lock of this name is gone, however it ended: unlike a missing
 * answer, this cannot be confused with a long computation.
 *
 * @param signal ends the watch
 */
export function watchLifeline(name: string, onDeath: () => void, signal: AbortSignal): void {
  const locks = webLocks();
  locks?.request(name, { signal }, () => {
    if (!signal.aborted) onDeath();
  }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
