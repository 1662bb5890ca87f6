import { createStore, type StoreApi } from 'zustand/vanilla';
import type { BenchmarkClient } from '../link/benchmarkClient.ts';
import type { BackendChoice } from '../link/protocol.ts';
import { applyBenchmarkReport, type BenchmarkPlan, type BenchmarkStore, isBenchmarking } from './benchmarkState.ts';
import type { Notice } from './labState.ts';

/** The surroundings of the store. */
export interface BenchmarkParts {
  readonly client: BenchmarkClient;
  /** The backend that the page runs on, as it was chosen. */
  readonly backend: () => BackendChoice;
  readonly notify: (tone: Notice['tone'], text: string) => void;
  /** Called when a benchmark begins, so that other computations make room. */
  readonly onStart: () => void;
}

/** The store of the Benchmark view. */
export function createBenchmarkStore(
  { client, backend, notify, onStart }: BenchmarkParts,
  plan: BenchmarkPlan,
): StoreApi<BenchmarkStore> {
  const store = createStore<BenchmarkStore>()((set, get) => ({
    plan,
    phase: { kind: 'idle' },
    backend: null,
    timings: [],
    actions: {
      setPlan(next) {
        if (!isBenchmarking(get().phase)) set({ plan: next });
      },
      run() {
        const {
          phase,
          plan: { subjects, steps, engineOnly },
        } = get();
        if (isBenchmarking(phase) || subjects.length === 0) return;
        onStart();
        set({ phase: { kind: 'starting', loading: null }, backend: null, timings: [] });
        client.start({ kind: 'run', subjects, steps, engineOnly, backend: backend() });
      },
      cancel() {
        if (!isBenchmarking(get().phase)) return;
        client.cancel();
        set({ phase: { kind: 'cancelled' } });
      },
    },
  }));
  client.onReport((report) => {
    if (report.kind === 'notice') notify('warning', report.text);
    store.setState((state) => applyBenchmarkReport(state, report));
  });
  return store;
}
