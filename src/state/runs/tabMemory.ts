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
