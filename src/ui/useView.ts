import { useSyncExternalStore } from 'react';
import { isBenchmarkAddress } from '../state/benchmarkAddress.ts';
import { isSweepAddress } from '../state/sweepAddress.ts';

/** The three pages in one: a run to watch, the paper's tables to rebuild, and how fast it all is. */
export type View = 'lab' | 'experiments' | 'benchmark';

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

function viewOf(hash: string): View {
  if (isSweepAddress(hash)) return 'experiments';
  return isBenchmarkAddress(hash) ? 'benchmark' : 'lab';
}

/** The view that the address names. */
export function useView(): View {
  return useSyncExternalStore(subscribe, () => viewOf(location.hash));
}
