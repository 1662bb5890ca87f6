import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { languageFiles } from './build/languageFiles.ts';
import { licenses } from './build/licenses.ts';
import { offlineSite } from './build/offlineSite.ts';
import { typesetFormulas } from './build/typesetFormulas.ts';
import { zodWithoutEval } from './build/zodWithoutEval.ts';
import { siteHeaders } from './src/offline/headers.ts';

/**
 * TensorFlow.js hands the threads of its wasm backend the source text of one of its functions, which a bundle renames
 * things in. Here the text is kept as it is in the package.
 */
const wholeThreadSource = {
  name: 'whole-thread-source',
  transform(code: string, id: string) {
    if (!id.includes('tfjs-backend-wasm-threaded-simd.js')) return null;
    const end = code.indexOf("if (typeof exports === 'object'");
    if (end < 0)
      throw new Error(
        'The threaded build of TensorFlow.js has changed: it no longer exports as CommonJS. See wholeThreadSource in vite.config.ts.',
      );
    const text = `(() => { ${code.slice(0, end)} return WasmBackendModuleThreadedSimd; })()`;
    return { code: `${code}\nmodule.exports.toString = () => ${JSON.stringify(text)};`, map: null };
  },
};

const { page, worker } = licenses();
/** Licence comments go to a file of their own. */
const output = { comments: { legal: false, annotation: false, jsdoc: false } };

export default defineConfig(({ command }) => ({
  // Relative, so that the built site works from any sub-path of any static host.
  base: './',
  plugins: [react(), typesetFormulas, languageFiles, zodWithoutEval, page, offlineSite],
  worker: { format: 'es', plugins: () => [wholeThreadSource, zodWithoutEval, worker], rolldownOptions: { output } },
  // Tests and the server for developers run on the package itself, as the command line does.
  resolve: {
    alias:
      command === 'serve'
        ? []
        : [
            {
              find: /^@tensorflow\/tfjs$/,
              replacement: fileURLToPath(new URL('build/tensorFlow.ts', import.meta.url)),
            },
          ],
  },
  preview: { headers: siteHeaders },
  build: {
    target: 'es2023',
    // The Content-Security-Policy lets fonts come from files only.
    assetsInlineLimit: 0,
    // React and the charts; what trains is fetched by the worker.
    chunkSizeWarningLimit: 1_300,
    rolldownOptions: { output },
  },
}));
