import { createContext, useContext } from 'react';
import { useStore, type StoreApi } from 'zustand';
import type { BenchmarkActions, BenchmarkStore } from '../../state/benchmarkState.ts';

/** The store that every component of the Benchmark view reads. */
export const BenchmarkContext = createContext<StoreApi<BenchmarkStore> | null>(null);

/** A part of the state; the component renders again only when that part changes. */
export function useBenchmark<T>(select: (state: BenchmarkStore) => T): T {
  const store = useContext(BenchmarkContext);
  if (store === null) throw new Error('This component is outside BenchmarkContext; render it below App.');
  return useStore(store, select);
}

export function useBenchmarkActions(): BenchmarkActions {
  return useBenchmark((state) => state.actions);
}
