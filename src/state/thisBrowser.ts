import type { StoreApi } from 'zustand/vanilla';
import { firstBoundary } from '../core/stream.ts';
import type { LabState } from './labState.ts';

/** The browser's locks; undefined where there are none: outside secure contexts, and in Node. */
function webLocks(): LockManager | undefined {
  return (globalThis as { navigator?: Partial<Navigator> }).navigator?.locks;
}

/**
 * Whether asking for a lock failed because another page has it. Where storage is forbidden browsers refuse locks, too
 * (SecurityError), and then there is nothing that two pages could spoil for each other.
 */
export function isTaken(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError');
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
          .catch((error: unknown) => resolve(!isTaken(error)));
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

const boundarySeen = 'mir-lab-boundary-seen';

/** Whether nobody has watched a first boundary on this device; no where storage is forbidden, as it could not be kept. */
export function nobodyHasWatched(storage: () => Storage): boolean {
  try {
    return storage().getItem(boundarySeen) === null;
  } catch {
    return false;
  }
}

/** Whether the run is being slowed down at its first boundary. */
export function watchesBoundary({ lingers, shown, phase }: LabState): boolean {
  if (lingers !== true || shown === null || phase.kind !== 'playing') return false;
  const range = boundaryOf(shown);
  return range !== null && shown.step >= range.from && shown.step < range.to;
}

function boundaryOf({ config, tasks }: NonNullable<LabState['shown']>): ReturnType<typeof firstBoundary> {
  return firstBoundary(
    config.lanes,
    tasks.map(({ trainingImages }) => ({ train: { length: trainingImages } })),
  );
}

/** Remembers that a first boundary was watched, or that the viewer wanted to go on. */
export function rememberBoundary(
  store: StoreApi<LabState & { readonly actions: { hurry(): void } }>,
  storage: () => Storage,
): void {
  store.subscribe((state, before) => {
    if (state.lingers === true && state.shown !== null) {
      const range = boundaryOf(state.shown);
      if (range !== null && state.shown.step >= range.to && state.phase.kind !== 'imported') state.actions.hurry();
    }
    if (before.lingers !== true || state.lingers === true) return;
    try {
      storage().setItem(boundarySeen, 'yes');
    } catch {
      // Storage is forbidden: it holds until the page is closed.
    }
  });
}

/** How Chromium tells a page that is isolated from other origins how much memory it and its workers take. */
interface Measuring {
  measureUserAgentSpecificMemory?(): Promise<unknown>;
}

/** Milliseconds between two askings: as long as Chromium waits before it answers. */
const askingInterval = 10_000;

/**
 * Asks the browser again and again how much memory the page takes, while it is busy. For an exact answer Chromium collects
 * the garbage of page and workers, which it otherwise puts off while they work: with a ResNet that makes 45 MB.
 */
export function tidyMemory(isBusy: () => boolean): void {
  const measuring = performance as Measuring;
  if (measuring.measureUserAgentSpecificMemory === undefined) return;
  const ask = async () => {
    try {
      await measuring.measureUserAgentSpecificMemory?.();
    } catch {
      // In a frame it may be refused; then memory is as the browser likes it.
    }
  };
  setInterval(() => {
    if (isBusy()) void ask();
  }, askingInterval);
}
