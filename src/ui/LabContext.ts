import { createContext, useContext } from 'react';
import { useStore, type StoreApi } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { LabActions, LabStore } from '../state/labActions.ts';

/** The store that every component of the page reads. */
export const LabContext = createContext<StoreApi<LabStore> | null>(null);

export function useLabStore(): StoreApi<LabStore> {
  const store = useContext(LabContext);
  if (store === null) throw new Error('This component is outside LabContext; render it below App.');
  return store;
}

/** A part of the state; the component renders again only when that part changes. */
export function useLab<T>(select: (state: LabStore) => T): T {
  return useStore(useLabStore(), select);
}

/** Like {@link useLab} for selections that build a new array or object, compared item by item. */
export function useLabItems<T>(select: (state: LabStore) => T): T {
  return useStore(useLabStore(), useShallow(select));
}

export function useLabActions(): LabActions {
  return useLab((state) => state.actions);
}
