import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Relative, so that the built site works from any sub-path of any static host.
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  // Tests that train take seconds on two busy cores.
  test: { testTimeout: 30_000 },
  build: {
    target: 'es2023',
    // Without a GPU driver TensorFlow.js still weighs over a megabyte; it loads in the worker, not on the page.
    chunkSizeWarningLimit: 3_000,
  },
});
