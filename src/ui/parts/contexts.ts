import { createContext, useContext, useRef } from 'react';
import { type StoreApi, useStore } from 'zustand';
import type { LessonActions, LessonStore } from '../../state/lesson/lessonStore.ts';
import type { RunsActions, RunsStore } from '../../state/runs/runsStore.ts';
import type { SeedsStore } from '../../state/runs/seedsStore.ts';
import type { BenchmarkActions, BenchmarkStore } from '../../state/benchmarkState.ts';
import type { LabActions, LabStore } from '../../state/store.ts';
import type { SweepActions, SweepStore } from '../../state/sweepState.ts';
import type { ExperimentConfig } from '../../core/config.ts';
import { readInWorker, runFileText } from '../../state/runFile.ts';
import type { NamingRun } from './words.ts';

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

/** Whether two selections hold the same items: arrays place by place, objects key by key. It allocates next to nothing. */
export function sameItems<T>(one: T, other: T): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return false;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, place) => Object.is(item, other[place]));
  }
  const keys = Object.keys(one) as (keyof typeof one)[];
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && Object.is(one[key], other[key]))
  );
}

/** Like {@link useLab} for selections that build a new array or object, compared item by item. */
export function useLabItems<T>(select: (state: LabStore) => T): T {
  const before = useRef<T>(undefined);
  return useStore(useLabStore(), (state) => {
    const items = select(state);
    if (before.current !== undefined && sameItems(before.current, items)) return before.current;
    before.current = items;
    return items;
  });
}

/** What gives scenarios their names while it is shown (`scenarioNameBeside`). */
export function useNamingRun(): NamingRun | null {
  return useLabItems(({ shown }) => shown && { scenario: shown.runConfigs[0].scenario, data: shown.data });
}

export function useLabActions(): LabActions {
  return useLab((state) => state.actions);
}

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

/** The store of the runs that this browser keeps. */
export const RunsContext = createContext<StoreApi<RunsStore> | null>(null);

/** A part of the state; the component renders again only when that part changes. */
export function useRuns<T>(select: (state: RunsStore) => T): T {
  const store = useContext(RunsContext);
  if (store === null) throw new Error('This component is outside RunsContext; render it below App.');
  return useStore(store, select);
}

export function useRunsActions(): RunsActions {
  return useRuns((state) => state.actions);
}

/** The store of the lab's configuration with several seeds. */
export const SeedsContext = createContext<StoreApi<SeedsStore> | null>(null);

/** A part of the state; the component renders again only when that part changes. */
export function useSeeds<T>(select: (state: SeedsStore) => T): T {
  const store = useContext(SeedsContext);
  if (store === null) throw new Error('This component is outside SeedsContext; render it below App.');
  return useStore(store, select);
}

/** The store of the lessons. */
export const LessonContext = createContext<StoreApi<LessonStore> | null>(null);

/** A part of the state; the component renders again only when that part changes. */
export function useLesson<T>(select: (state: LessonStore) => T): T {
  const store = useContext(LessonContext);
  if (store === null) throw new Error('This component is outside LessonContext; render it below App.');
  return useStore(store, select);
}

export function useLessonActions(): LessonActions {
  return useLesson((state) => state.actions);
}

/** Has the browser save a file that the page has made. */
export function download(content: Blob, fileName: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser reads the address after this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file name that says what is in it: "mir-lab-split-mnist-er-er-mir-seed0-accuracy.csv". */
export function runFileName(config: ExperimentConfig, content: string, extension: string): string {
  return `mir-lab-${config.scenario}-${config.lanes.join('-')}-seed${config.seed}-${content}.${extension}`;
}

/** Keeps the shown run as a JSON file, and opens such a file again. */
export function useRunFiles(): { readonly exportRun: () => void; readonly importRun: (file: File) => Promise<void> } {
  const store = useLabStore();
  function exportRun(): void {
    const { shown } = store.getState();
    if (shown)
      download(new Blob([runFileText(shown)], { type: 'application/json' }), runFileName(shown.config, 'run', 'json'));
  }
  async function importRun(file: File): Promise<void> {
    await store.getState().actions.importRun(file.name, readInWorker(file));
  }
  return { exportRun, importRun };
}
