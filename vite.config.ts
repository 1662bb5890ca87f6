import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

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

/** With these headers browsers let the threads of a page share memory. */
const isolating = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  // Relative, so that the built site works from any sub-path of any static host.
  base: './',
  plugins: [react()],
  worker: { format: 'es', plugins: () => [wholeThreadSource] },
  preview: { headers: isolating },
  // Tests that train take seconds on two busy cores.
  test: { testTimeout: 30_000 },
  build: {
    target: 'es2023',
    // Without a GPU driver TensorFlow.js still weighs over a megabyte; it loads in the worker, not on the page.
    chunkSizeWarningLimit: 3_000,
  },
});
