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

const key = 'mir-lab-run';

/** Remembers which run this tab of the browser shows; null for none. Where storage is forbidden it remembers nothing. */
export function rememberRun(id: string | null): void {
  try {
    if (id === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, id);
  } catch {
    // Forbidden: a page that is loaded again is as one that was opened afresh.
  }
}

/** The run that this tab showed before its page was loaded again; null if it was opened by an address or a link. */
export function rememberedRun(): string | null {
  // Early in a page's life there may be no entry yet; what was under way comes back in any case.
  const navigation = performance.getEntriesByType('navigation').at(0) as PerformanceNavigationTiming | undefined;
  if (navigation?.type !== 'reload' && navigation?.type !== 'back_forward') return null;
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
