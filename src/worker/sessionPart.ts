import { startBackend } from '../engine/backends.ts';
import type { Command } from '../link/protocol.ts';
import { choiceStore } from './choiceStore.ts';
import { datasetSources } from './datasetSources.ts';
import { keepDataset } from './keptDataset.ts';
import { openDataFiles } from './openDataFiles.ts';
import { Player } from './player.ts';
import type { Post } from './session.ts';
import { wasmFiles } from './wasmFiles.ts';

const post: Post = (report, transfer) => self.postMessage(report, { transfer });

/** Trains runs that somebody watches, one at a time. */
export function begin(page: string): (command: Command) => void {
  const store = choiceStore();
  const player = new Player({
    post,
    sources: datasetSources(page, (text) => post({ kind: 'notice', text }, [])),
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
