import type { Plugin } from 'vite';

/**
 * Zod tries whether it may make functions from text, to check quicker. The Content-Security-Policy forbids it, and the
 * browser would report the try. Its own switch for that must be set before anything else of it runs.
 */
export const zodWithoutEval: Plugin = {
  name: 'zod-without-eval',
  apply: 'build',
  transform(code, id) {
    if (!id.endsWith('/zod/v4/core/core.js')) return null;
    if (!code.includes('export const globalConfig'))
      throw new Error('Zod has changed: its core no longer exports globalConfig. See zodWithoutEval.');
    return { code: `${code}\nglobalConfig.jitless = true;`, map: null };
  },
};
