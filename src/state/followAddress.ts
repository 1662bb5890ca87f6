import type { StoreApi } from 'zustand/vanilla';
import type { LabStore } from './labActions.ts';
import { isBenchmarkAddress } from './benchmarkAddress.ts';
import { isSweepAddress } from './sweepAddress.ts';
import { readHash, writeHash } from './url.ts';

/** What is needed of the browser's window. */
export interface AddressBar {
  readonly location: Pick<Location, 'hash'>;
  readonly history: Pick<History, 'replaceState'>;
  addEventListener(type: 'hashchange', listener: () => void): void;
}

function isOtherView(hash: string): boolean {
  return isSweepAddress(hash) || isBenchmarkAddress(hash);
}

/**
 * Keeps the page's address and the configuration the same: a changed setting is written to the hash,
 * and a hash edited by hand is read, with a notice about each setting that is wrong in it. While the address is
 * of another view it says nothing of the lab, and neither follows the other.
 */
export function followAddress(store: StoreApi<LabStore>, bar: AddressBar): void {
  function write(): void {
    if (isOtherView(bar.location.hash)) return;
    const hash = `#${writeHash(store.getState().config)}`;
    if (bar.location.hash !== hash) bar.history.replaceState(null, '', hash);
  }
  store.subscribe((state, before) => {
    if (state.config !== before.config) write();
  });
  bar.addEventListener('hashchange', () => {
    if (isOtherView(bar.location.hash)) return;
    const { config, problems } = readHash(bar.location.hash);
    const { actions } = store.getState();
    for (const problem of problems) actions.notify('warning', problem);
    actions.setExperiment(config);
    write();
  });
  write();
}
