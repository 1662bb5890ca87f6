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
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (!['reload', 'back_forward'].includes(navigation.type)) return null;
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
