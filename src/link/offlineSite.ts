import { cachePrefix } from '../offline/site.ts';

/** Calls the viewer's attention to a new version; `load` loads the page again, with that version. */
type OnUpdate = (load: () => void) => void;

/** The browser's service workers; undefined where it has none, or forbids them here. */
function serviceWorkers(): ServiceWorkerContainer | undefined {
  try {
    return (navigator as Partial<Navigator>).serviceWorker;
  } catch {
    return undefined;
  }
}

/**
 * Whether the site is to be kept: `?offline=on` or `off` in the address, else wherever it is not served by this very
 * machine, which needs no keeping and may serve another version, or something else, from the same address in a minute.
 */
export function isToBeKept({ hostname, search }: Pick<Location, 'hostname' | 'search'>): boolean {
  const asked = new URLSearchParams(search).get('offline');
  if (asked === 'on' || asked === 'off') return asked === 'on';
  return !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

async function forget(container: ServiceWorkerContainer, scope: string): Promise<void> {
  const registrations = await container.getRegistrations();
  const own = registrations.filter((registration) => registration.scope === scope);
  if (own.length === 0) return;
  await Promise.all(own.map((registration) => registration.unregister()));
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(cachePrefix(scope))).map((name) => caches.delete(name)));
}

async function keep(container: ServiceWorkerContainer, scope: string, onUpdate: OnUpdate): Promise<void> {
  const registration = await container.register(new URL('service-worker.js', scope), { scope });
  function offer(waiting: ServiceWorker): void {
    // The first one takes over by itself: there is nothing that it would replace.
    if (registration.active === null) return;
    onUpdate(() => {
      container.addEventListener('controllerchange', () => location.reload(), { once: true });
      waiting.postMessage('takeOver');
    });
  }
  function watchComing(): void {
    const coming = registration.installing;
    coming?.addEventListener('statechange', () => {
      if (coming.state === 'installed') offer(coming);
    });
  }
  if (registration.waiting !== null) offer(registration.waiting);
  watchComing();
  registration.addEventListener('updatefound', watchComing);
}

/**
 * Keeps the built site in the browser, so that it opens without a network, or forgets it. Where the browser forbids that,
 * as in a page of another site, the page works as before.
 */
export async function keepSiteOffline(onUpdate: OnUpdate): Promise<void> {
  const container = serviceWorkers();
  if (container === undefined) return;
  const scope = new URL('./', document.baseURI).href;
  try {
    if (isToBeKept(location)) await keep(container, scope, onUpdate);
    else await forget(container, scope);
  } catch {
    // Forbidden, or the host cannot be reached: the next visit tries again.
  }
}
