import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What a server does with one request instead of answering it well. */
export type Mischief = (response: ServerResponse, whole: Buffer) => void;

/** A static file server on this machine that can be told to misbehave. */
export interface DataServer {
  readonly url: string;
  /** Paths asked for so far, in order. */
  readonly requests: string[];
  /** By file name: mischief for its next requests, one for each; an endless one if it is not a list. */
  readonly mischief: Map<string, Mischief | Mischief[]>;
  close(): Promise<void>;
}

/** Serves a directory under a sub-path, as a static host does. */
export async function startDataServer(directory: string): Promise<DataServer> {
  const requests: string[] = [];
  const mischief: DataServer['mischief'] = new Map();
  const server = createServer((request, response) => {
    const name = (request.url ?? '').split('/').at(-1) ?? '';
    requests.push(name);
    const planned = mischief.get(name);
    const trick = Array.isArray(planned) ? planned.shift() : planned;
    readFile(join(directory, name)).then(
      (whole) => {
        if (trick) trick(response, whole);
        else
          response
            .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': whole.length })
            .end(whole);
      },
      () => response.writeHead(404).end('Not found'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/sub-path/data/mnist/`,
    requests,
    mischief,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
