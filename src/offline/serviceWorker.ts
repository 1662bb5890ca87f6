import { siteHeaders } from './headers.ts';
import { type Answer, answerTo, cachePrefix, isHashed, outdatedCaches, type Site } from './site.ts';

/** An event that lasts as long as a promise. */
interface LastingEvent {
  waitUntil(done: Promise<unknown>): void;
}

interface AskedEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** The surroundings of a service worker, as far as they are used; TypeScript knows those of a page only. */
interface ServiceWorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(kind: 'install' | 'activate', listener: (event: LastingEvent) => void): void;
  addEventListener(kind: 'fetch', listener: (event: AskedEvent) => void): void;
  addEventListener(kind: 'message', listener: (event: { readonly data: unknown }) => void): void;
}

/** Written in by the build (build/offlineSite.ts). */
declare const builtSite: Site;

const surroundings = globalThis as unknown as ServiceWorkerScope;
const site = builtSite;
const { scope } = surroundings.registration;
const prefix = cachePrefix(scope);
const cacheName = `${prefix}${site.version}`;

/** How many files are fetched at a time: training has just begun, and the page may need the connection. */
const parallel = 3;

/** Milliseconds after which a host counts as out of reach where there is a copy. */
const patience = 4_000;

/** A response with the headers of the site, which its host may not send. */
function guarded(response: Response): Response {
  const headers = new Headers(response.headers);
  // The browser has unpacked the body.
  for (const name of ['Content-Encoding', 'Content-Length']) headers.delete(name);
  for (const [name, value] of Object.entries(siteHeaders)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Keeps every file of this version. What an earlier version has, or the browser loaded for the page, is not loaded again. */
async function keepAll(): Promise<void> {
  const cache = await caches.open(cacheName);
  const waiting = Object.entries(site.kept);
  async function keepNext(): Promise<void> {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [path, integrity] = next;
      const url = new URL(path, scope).href;
      const hashed = isHashed(path);
      const had = hashed ? await caches.match(url, { ignoreVary: true }) : undefined;
      const response = had ?? (await fetch(url, { integrity, cache: hashed ? 'default' : 'no-cache' }));
      if (!response.ok) throw new Error(`${url} could not be kept: the host answered ${response.status}.`);
      await cache.put(url, response);
    }
  }
  await Promise.all(Array.from({ length: parallel }, keepNext));
  for (const path of site.fresh) await cache.add(new URL(path, scope).href).catch(() => undefined);
}

/** Index.html of this version. If the browser has cleared the files that it needs, the host's. */
async function thePage(request: Request): Promise<Response> {
  if (!(await caches.has(cacheName))) return guarded(await fetch(request));
  return guarded(new Response(site.page, { headers: { 'Content-Type': 'text/html; charset=utf-8' } }));
}

async function keptFile(request: Request, url: string): Promise<Response> {
  const kept = await (await caches.open(cacheName)).match(url, { ignoreVary: true });
  // A tab that runs an earlier version asks for its files.
  return guarded(kept ?? (await caches.match(url, { ignoreVary: true })) ?? (await fetch(request)));
}

async function freshFile(request: Request, url: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(url, { ignoreVary: true });
  const signal = kept === undefined ? null : AbortSignal.timeout(patience);
  try {
    const response = await fetch(request, { signal });
    if (response.ok) await cache.put(url, response.clone()).catch(() => undefined);
    return guarded(response);
  } catch (error) {
    if (kept === undefined) throw error;
    return guarded(kept);
  }
}

function responseOf(answer: Answer, request: Request): Promise<Response> {
  switch (answer.kind) {
    case 'page':
      return thePage(request);
    case 'kept':
      return keptFile(request, new URL(answer.path, scope).href);
    case 'fresh':
      return freshFile(request, new URL(answer.path, scope).href);
    default:
      return answer satisfies never;
  }
}

surroundings.addEventListener('install', (event) => event.waitUntil(keepAll()));

surroundings.addEventListener('activate', (event) => {
  async function takeOver(): Promise<void> {
    await Promise.all(outdatedCaches(await caches.keys(), scope).map((name) => caches.delete(name)));
    await surroundings.clients.claim();
  }
  event.waitUntil(takeOver());
});

surroundings.addEventListener('message', ({ data }) => {
  // The page sends it when the viewer asks for the new version.
  if (data === 'takeOver') void surroundings.skipWaiting();
});

surroundings.addEventListener('fetch', (event) => {
  const answer = answerTo(event.request, site, scope);
  if (answer !== null) event.respondWith(responseOf(answer, event.request));
});
