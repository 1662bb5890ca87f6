import type { StoreApi } from 'zustand/vanilla';
import type { ExperimentConfig } from '../core/config.ts';
import { type BenchmarkStore, isBenchmarkAddress, readBenchmark, writeBenchmark } from './benchmarkState.ts';
import type { LabStore } from './store.ts';
import { isSweepAddress, readPlan, writePlan } from './sweepAddress.ts';
import { sameChoices } from './sweepPlan.ts';
import type { SweepStore } from './sweepState.ts';
import { lessonIn, readHash, withLesson, writeHash } from './url.ts';

/** The parts of the browser's window that are used. */
interface AddressBar {
  readonly location: Pick<Location, 'hash'>;
  readonly history: Pick<History, 'replaceState' | 'pushState'>;
  addEventListener(type: 'hashchange', listener: () => void): void;
}

/** Whether an address is of another view than the lab. */
export function isOtherView(hash: string): boolean {
  return isSweepAddress(hash) || isBenchmarkAddress(hash);
}

/**
 * Keeps the page's address and the configuration the same: a changed setting is written to the hash, as a new entry of
 * the browser's history, so that Back and Forward go through the configurations; and a hash edited by hand is read,
 * with a notice about each setting that is wrong in it. While the address is of another view it says nothing of the
 * lab, and neither follows the other. An address that names a lesson is followed by followLesson.ts.
 *
 * @param goBack takes the latest change back if that leads to this configuration; says whether it did
 * @returns what reads the address, as after an edit by hand
 */
export function followAddress(
  store: StoreApi<LabStore>,
  bar: AddressBar,
  goBack: (config: ExperimentConfig) => boolean = () => false,
): () => void {
  /** Whether the configuration comes from the address. */
  let reading = false;

  function write(): void {
    if (isOtherView(bar.location.hash)) return;
    const hash = `#${withLesson(writeHash(store.getState().config), lessonIn(bar.location.hash))}`;
    if (bar.location.hash === hash) return;
    if (reading) bar.history.replaceState(null, '', hash);
    else bar.history.pushState(null, '', hash);
  }
  store.subscribe((state, before) => {
    if (state.config !== before.config) write();
  });
  function read(): void {
    // A lesson starts its own run.
    if (isOtherView(bar.location.hash) || lessonIn(bar.location.hash) !== null) return;
    const { config, problems } = readHash(bar.location.hash);
    const { actions } = store.getState();
    for (const problem of problems) actions.notify('warning', problem);
    reading = true;
    if (!goBack(config)) actions.setExperiment(config);
    write();
    reading = false;
  }
  bar.addEventListener('hashchange', read);
  reading = true;
  write();
  reading = false;
  return read;
}

/**
 * Keeps the address and the plan the same while the address is of the Benchmark view.
 *
 * @param warn takes a sentence about each part of a hash that is wrong
 */
export function followBenchmarkAddress(
  store: StoreApi<BenchmarkStore>,
  bar: AddressBar,
  warn: (problem: string) => void,
): void {
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

/**
 * Keeps the address and the plan the same while the address is of the Experiments view: a changed plan is
 * written to the hash, and a hash edited by hand is read. What was chosen is a new entry of the browser's history, so
 * that Back takes it back; what is typed in letter by letter is not.
 *
 * @param warn takes a sentence about each part of a hash that is wrong
 */
export function followSweepAddress(
  store: StoreApi<SweepStore>,
  bar: AddressBar,
  warn: (problem: string) => void,
): void {
  /** Whether the plan comes from the address, or from what the browser keeps. */
  let reading = false;

  function write(chosen: boolean): void {
    const hash = `#${writePlan(store.getState().plan)}`;
    if (!isSweepAddress(bar.location.hash) || bar.location.hash === hash) return;
    if (chosen) bar.history.pushState(null, '', hash);
    else bar.history.replaceState(null, '', hash);
  }
  function read(): void {
    if (!isSweepAddress(bar.location.hash)) return;
    const { plan, problems } = readPlan(bar.location.hash);
    for (const problem of problems) warn(problem);
    reading = true;
    if (plan !== null) store.getState().actions.setPlan(plan);
    write(false);
    reading = false;
  }
  store.subscribe((state, before) => {
    if (state.plan === before.plan) return;
    write(!reading && before.phase.kind !== 'opening' && !sameChoices(state.plan, before.plan));
  });
  bar.addEventListener('hashchange', read);
  read();
}
