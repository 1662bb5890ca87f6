import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative, so that the built site works from any sub-path of any static host.
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // Without a GPU driver TensorFlow.js still weighs over a megabyte; it loads in the worker, not on the page.
    chunkSizeWarningLimit: 3_000,
  },
});
