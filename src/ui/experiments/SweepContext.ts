import { createContext, useContext } from 'react';
import { useStore, type StoreApi } from 'zustand';
import type { SweepActions, SweepStore } from '../../state/sweepState.ts';

/** The store that every component of the Experiments view reads. */
export const SweepContext = createContext<StoreApi<SweepStore> | null>(null);

/** A part of the state; the component renders again only when that part changes. */
export function useSweep<T>(select: (state: SweepStore) => T): T {
  const store = useContext(SweepContext);
  if (store === null) throw new Error('This component is outside SweepContext; render it below App.');
  return useStore(store, select);
}

export function useSweepActions(): SweepActions {
  return useSweep((state) => state.actions);
}
