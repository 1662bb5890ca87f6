/** What the build tells the service worker of the site. Paths are relative to the page. */
export interface Site {
  /** Another one for every build that differs. */
  readonly version: string;
  /** The text of index.html. */
  readonly page: string;
  /** Files that are kept in the browser, each with its integrity ("sha256-…"). */
  readonly kept: Readonly<Record<string, string>>;
  /** Files of which the host's are newer; a copy is kept for when it cannot be reached. */
  readonly fresh: readonly string[];
}

/** How a request is answered. */
export type Answer =
  | { readonly kind: 'page' }
  /** From the browser; from the host if it is not there, as the files of another version may not be. */
  | { readonly kind: 'kept'; readonly path: string }
  /** From the host; from the browser if that cannot be reached. */
  | { readonly kind: 'fresh'; readonly path: string };

/** Whether a file's name holds a hash of its content, so that it never changes. */
export function isHashed(path: string): boolean {
  return path.startsWith('assets/');
}

/**
 * How the service worker answers a request; null if it is none of its business: data, which the page checks and keeps
 * itself, licences, other hosts and other pages.
 *
 * @param scope address of the folder that the page lies in, ending in "/"
 */
export function answerTo(
  { method, url, mode }: Pick<Request, 'method' | 'url' | 'mode'>,
  site: Site,
  scope: string,
): Answer | null {
  const { origin, pathname } = new URL(url);
  const address = `${origin}${pathname}`;
  if (method !== 'GET' || !address.startsWith(scope)) return null;
  const path = address.slice(scope.length);
  if (mode === 'navigate') return path === '' || path === 'index.html' ? { kind: 'page' } : null;
  if (Object.hasOwn(site.kept, path) || isHashed(path)) return { kind: 'kept', path };
  return site.fresh.includes(path) ? { kind: 'fresh', path } : null;
}

/** What the names of all caches of a site begin with; other sites may share its host. */
export function cachePrefix(scope: string): string {
  return `mir-lab ${new URL(scope).pathname} `;
}

/** The caches to delete once a version is in use: all but the last two, since open tabs may still run the one before. */
export function outdatedCaches(names: readonly string[], scope: string): readonly string[] {
  return names.filter((name) => name.startsWith(cachePrefix(scope))).slice(0, -2);
}
