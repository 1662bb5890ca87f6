/** The browser's locks; undefined where there are none: outside secure contexts, and in Node. */
function webLocks(): LockManager | undefined {
  return (globalThis as { navigator?: Partial<Navigator> }).navigator?.locks;
}

/** Tells whether another page of this site has a run under way. A page holds one run at a time. */
export interface RunLock {
  /**
   * Holds a run for as long as the page is open, or until it holds another; the one before is let go.
   *
   * @param patience milliseconds to wait for a page that may be closing
   * @returns whether this page holds it now
   */
  hold(id: string, patience: number): Promise<boolean>;
}

export function createRunLock(): RunLock {
  let release: () => void = () => {};
  return {
    hold(id, patience) {
      release();
      const locks = webLocks();
      if (locks === undefined) return Promise.resolve(true);
      return new Promise((resolve) => {
        locks
          .request(`mir-lab-run-${id}`, { signal: AbortSignal.timeout(patience) }, () => {
            resolve(true);
            return new Promise<void>((letGo) => (release = letGo));
          })
          .catch(() => resolve(false));
      });
    },
  };
}
