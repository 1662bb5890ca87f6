import { startBackend } from '../engine/backends.ts';
import type { Command } from '../link/protocol.ts';
import { datasetSources } from './datasetSources.ts';
import { keepDataset } from './keptDataset.ts';
import { openDataFiles } from './openDataFiles.ts';
import { Player } from './player.ts';
import type { Post } from './session.ts';
import { wasmFiles } from './wasmFiles.ts';

const post: Post = (report, transfer) => self.postMessage(report, { transfer });

const player = new Player({
  post,
  // The page names its worker after its own address.
  sources: datasetSources(self.name, (text) => post({ kind: 'notice', text }, [])),
  startBackend: (choice, onLost) => startBackend(choice, wasmFiles, onLost, 'several'),
  openFiles: openDataFiles,
  keep: (name, dataset) => (name === 'mnist' ? Promise.resolve(null) : keepDataset(name, dataset)),
});

self.addEventListener('message', (event: MessageEvent<Command>) => player.handle(event.data));
self.addEventListener('unhandledrejection', (event) => player.fail(event.reason));
