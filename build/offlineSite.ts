import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';
import { pagePolicy } from '../src/offline/headers.ts';
import type { Site } from '../src/offline/site.ts';

/** Files that no page of the lab asks for in a browser that has service workers. */
const leftOut = /\.(woff|ttf)$|^licenses\.txt$|^index\.html$|^service-worker\.js$/;

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** What the service worker must know of a built site. */
function siteIn(folder: string): Site {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
  const bytesOf = (path: string) => readFileSync(join(folder, path));
  const page = bytesOf('index.html').toString('utf8');
  // Data is checked and kept by the page itself, as far as it is needed.
  const fresh = paths.filter((path) => /^data\/[^/]+\/manifest\.json$/.test(path));
  const kept = Object.fromEntries(
    paths
      .filter((path) => !path.startsWith('data/') && !leftOut.test(path))
      .map((path) => [path, `sha256-${sha256(bytesOf(path))}`]),
  );
  const version = sha256(Buffer.from(JSON.stringify([page, kept]))).slice(0, 12);
  return { version, page, kept, fresh };
}

/**
 * Puts the Content-Security-Policy into index.html and writes `service-worker.js` beside it, with the list of files that
 * it keeps. A plain file and not a module: not every browser lets a service worker import.
 */
export const offlineSite: Plugin = {
  name: 'offline-site',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: pagePolicy },
      injectTo: 'head-prepend',
    },
  ],
  // Once everything is written, copies of public/ included.
  closeBundle: {
    order: 'post',
    sequential: true,
    async handler() {
      const { root, build: settings } = this.environment.config;
      const folder = resolve(root, settings.outDir);
      const built = await build({
        configFile: false,
        root,
        logLevel: 'warn',
        publicDir: false,
        define: { builtSite: JSON.stringify(siteIn(folder)) },
        build: {
          write: false,
          target: 'es2023',
          rolldownOptions: {
            input: fileURLToPath(new URL('../src/offline/serviceWorker.ts', import.meta.url)),
            output: { format: 'iife' },
          },
        },
      });
      const [script] = [built].flat().flatMap((result) => ('output' in result ? result.output : []));
      if (script.type !== 'chunk') throw new Error('The service worker was built to something that is no script.');
      writeFileSync(join(folder, 'service-worker.js'), script.code);
    },
  },
};
