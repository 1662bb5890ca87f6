import { createStore, get, set, type UseStore } from 'idb-keyval';
import { startBackend } from '../engine/backends.ts';
import type { Command } from '../link/protocol.ts';
import { datasetSources } from './datasetSources.ts';
import { keepDataset, openDataFiles } from './keptDataset.ts';
import { Player } from './player.ts';
import type { Post } from './session.ts';
import { wasmFiles } from './recovery.ts';
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

const post: Post = (report, transfer) => self.postMessage(report, { transfer });

/** Trains runs that somebody watches, one at a time. */
export function begin(page: string): (command: Command) => void {
  const store = choiceStore();
  const player = new Player({
    post,
    sources: datasetSources(page, (notice) => post(notice, [])),
    startBackend: (choice, onFailure, lanes, onPreparing) =>
      startBackend(choice, wasmFiles, onFailure, 'several', {
        lanes,
        store,
        now: () => performance.now(),
        onPreparing,
      }),
    openFiles: openDataFiles,
    keep: (name, dataset) => (name === 'mnist' ? Promise.resolve(null) : keepDataset(name, dataset)),
  });

  self.addEventListener('unhandledrejection', (event) => player.fail(event.reason));
  return (command) => player.handle(command);
}
