import type { StoreApi } from 'zustand/vanilla';
import { isBenchmarkAddress, readBenchmark, writeBenchmark } from './benchmarkAddress.ts';
import type { BenchmarkStore } from './benchmarkState.ts';
import type { AddressBar } from './followAddress.ts';

/**
 * Keeps the address and the plan the same while the address is of the Benchmark view.
 *
 * @param warn takes a sentence about each part of a hash that is wrong
 */
export function followBenchmarkAddress(store: StoreApi<BenchmarkStore>, bar: AddressBar, warn: (problem: string) => void): void {
  function write(): void {
    const hash = `#${writeBenchmark(store.getState().plan)}`;
    if (isBenchmarkAddress(bar.location.hash) && bar.location.hash !== hash) bar.history.replaceState(null, '', hash);
  }
  function read(): void {
    if (!isBenchmarkAddress(bar.location.hash)) return;
    const { plan, problems } = readBenchmark(bar.location.hash);
    for (const problem of problems) warn(problem);
    store.getState().actions.setPlan(plan);
    write();
  }
  store.subscribe((state, before) => {
    if (state.plan !== before.plan) write();
  });
  bar.addEventListener('hashchange', read);
  read();
}
