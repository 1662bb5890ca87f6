/** Directives of a Content-Security-Policy, by name. */
type Policy = Readonly<Record<string, readonly string[]>>;

/**
 * What the page itself may do; it stands in index.html. Everything comes from the page's own host, and no text becomes
 * code. Styles stand in files, but for attributes: formulas are typeset while the page is built, as markup that places
 * its parts by `style`, and what is placed so can only be moved. Pictures of charts are made as blobs; icons in
 * stylesheets are data.
 */
const page: Policy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'worker-src': ["'self'"],
  'style-src': ["'self'"],
  'style-src-attr': ["'unsafe-inline'"],
  'img-src': ["'self'", 'blob:', 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'manifest-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
};

/**
 * What any file of the site may do; sent as a header. A worker has the policy that came with its own file. It compiles
 * WebAssembly, and TensorFlow.js starts the threads of its wasm backend from blobs. For the page, both hold.
 */
const anyFile: Policy = {
  ...page,
  'script-src': ["'self'", 'blob:', "'wasm-unsafe-eval'"],
  'worker-src': ["'self'", 'blob:'],
};

function written(policy: Policy): string {
  return Object.entries(policy)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}

/** The Content-Security-Policy of index.html. */
export const pagePolicy = written(page);

/**
 * Headers for every file of the site. The first two let the threads of a page share memory; the last keeps workers to
 * the site.
 */
export const siteHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Content-Security-Policy': written(anyFile),
} as const;
