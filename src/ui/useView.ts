import { useSyncExternalStore } from 'react';
import { isSweepAddress } from '../state/sweepAddress.ts';

/** The two pages in one: a run to watch, and the paper's tables to rebuild. */
export type View = 'lab' | 'experiments';

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

/** The view that the address names. */
export function useView(): View {
  return useSyncExternalStore(subscribe, () => (isSweepAddress(location.hash) ? 'experiments' : 'lab'));
}
