import type { StoreApi } from 'zustand/vanilla';
import type { AddressBar } from './followAddress.ts';
import { isSweepAddress, readPlan, writePlan } from './sweepAddress.ts';
import type { SweepStore } from './sweepState.ts';

/**
 * Keeps the address and the plan the same while the address is of the Experiments view: a changed plan is
 * written to the hash, and a hash edited by hand is read.
 *
 * @param warn takes a sentence about each part of a hash that is wrong
 */
export function followSweepAddress(store: StoreApi<SweepStore>, bar: AddressBar, warn: (problem: string) => void): void {
  function write(): void {
    const hash = `#${writePlan(store.getState().plan)}`;
    if (isSweepAddress(bar.location.hash) && bar.location.hash !== hash) bar.history.replaceState(null, '', hash);
  }
  function read(): void {
    if (!isSweepAddress(bar.location.hash)) return;
    const { plan, problems } = readPlan(bar.location.hash);
    for (const problem of problems) warn(problem);
    if (plan !== null) store.getState().actions.setPlan(plan);
    write();
  }
  store.subscribe((state, before) => {
    if (state.plan !== before.plan) write();
  });
  bar.addEventListener('hashchange', read);
  read();
}
