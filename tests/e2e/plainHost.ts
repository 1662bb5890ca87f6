import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { subPath } from './sites.ts';

const built = fileURLToPath(new URL('../../dist/', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
};

/** The simplest of all static hosts: it sends the files of the built site, and no header but their type. */
export interface PlainHost {
  /** Where the page lies, with a trailing slash. */
  readonly address: string;
  /** Sends other text for a path from now on, relative to the page; a path beginning with "/" lies beside the site. */
  put(path: string, text: string): void;
  /** From now on nothing answers. */
  goAway(): Promise<void>;
}

/**
 * @param hostName `localhost` or `127.0.0.1`, which are different sites for a browser
 */
export async function startPlainHost(hostName: 'localhost' | '127.0.0.1'): Promise<PlainHost> {
  const put = new Map<string, string>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const text = put.get(path);
    const file = path.startsWith(subPath) ? join(built, path.slice(subPath.length)) : '';
    if (text === undefined && !(existsSync(file) && statSync(file).isFile())) {
      response.writeHead(404).end('Nothing here.');
      return;
    }
    response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream' });
    if (text === undefined) createReadStream(file).pipe(response);
    else response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, hostName, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://${hostName}:${port}${subPath}`,
    put: (path, text) => put.set(path.startsWith('/') ? path : `${subPath}${path}`, text),
    async goAway() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
