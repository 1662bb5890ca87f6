import { type LabClient, startClient } from '../../../src/link/client.ts';
import type { Command, Report } from '../../../src/link/protocol.ts';
import { wholeDataset } from '../../../src/worker/preparedSource.ts';
import { Player, type PlayerParts } from '../../../src/worker/player.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { oneSource } from '../worker/oneSource.ts';
import { smallDataset } from '../worker/recordedPlayer.ts';

/** A real player behind the face of a worker, in the same thread: messages cross later, in order, as copies. */
class PlayerPort extends EventTarget {
  readonly #player: Player;
  #terminated = false;

  constructor(parts: Partial<PlayerParts>) {
    super();
    this.#player = new Player({
      sources: oneSource(wholeDataset(smallDataset)),
      startBackend: () => startTestBackend('cpu'),
      openFiles: () => Promise.reject(new Error('No files are opened here.')),
      keep: () => Promise.resolve(null),
      ...parts,
      post: (report, transfer) => this.#cross(structuredClone(report, { transfer })),
    });
  }

  postMessage(command: Command): void {
    setImmediate(() => {
      if (!this.#terminated) this.#player.handle(command);
    });
  }

  terminate(): void {
    this.#terminated = true;
    void this.#player.close();
  }

  /** As when a script breaks. */
  crash(message: string): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }

  #cross(report: Report): void {
    setImmediate(() => {
      if (!this.#terminated) this.dispatchEvent(new MessageEvent('message', { data: report }));
    });
  }
}

/** The real client, connected to real players; `ports` has one for each worker that was made. */
export function connectPlayer(parts: Partial<PlayerParts> = {}): {
  client: LabClient;
  ports: PlayerPort[];
  sent: Command[];
} {
  const ports: PlayerPort[] = [];
  const sent: Command[] = [];
  const client = startClient(() => {
    const port = new PlayerPort(parts);
    ports.push(port);
    return port;
  });
  return {
    client: {
      ...client,
      send(command) {
        sent.push(command);
        client.send(command);
      },
    },
    ports,
    sent,
  };
}
