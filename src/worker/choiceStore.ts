import { createStore, get, set, type UseStore } from 'idb-keyval';
import type { ChoiceStore } from '../engine/backendChoice.ts';

/** Longest wait for the browser's storage; without it the measurement is taken again. */
const patience = 300;

/** Keeps in the browser how long steps took on each backend. Where that cannot be kept, it keeps nothing. */
export function choiceStore(): ChoiceStore {
  let opened: UseStore | null = null;
  const store = () => (opened ??= createStore('mir-lab-backends', 'times'));
  return {
    get: (key) => answered(async () => get<unknown>(key, store())),
    async set(key, times) {
      await answered(async () => set(key, times, store()));
    },
  };
}

async function answered<T>(ask: () => Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience));
  return Promise.race([ask().catch(() => undefined), late]);
}
