import type { StoreApi } from 'zustand/vanilla';
import { firstBoundary } from '../core/stream.ts';
import type { LabState } from './labState.ts';

const key = 'mir-lab-boundary-seen';

/** Whether nobody has watched a first boundary on this device; no where storage is forbidden, as it could not be kept. */
export function nobodyHasWatched(storage: () => Storage): boolean {
  try {
    return storage().getItem(key) === null;
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
      storage().setItem(key, 'yes');
    } catch {
      // Storage is forbidden: it holds until the page is closed.
    }
  });
}
