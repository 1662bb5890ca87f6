import { defineConfig } from 'vitest/config';
import { softwareVulkan } from './softwareVulkan.ts';

// The processes that run the tests inherit it: the linker reads its part before any of their code runs.
Object.assign(process.env, softwareVulkan());

/** Files that put WebGPU into their process, or something of their own in a library's place, where others would find it. */
const aloneFiles = ['tests/unit/**/*.webgpu.test.ts', 'tests/unit/**/*.isolated.test.ts'];

export default defineConfig(({ mode }) => {
  // See faultRuns.ts.
  if (mode === 'faults') process.env.FAULT_RUNS ??= 'many';
  return {
    test: {
      maxWorkers: '100%',
      // Tests that train take seconds on two busy cores.
      testTimeout: 120_000,
      hookTimeout: 120_000,
      projects: [
        {
          extends: true,
          // One process for each core, which loads TensorFlow.js and the sources once.
          test: { name: 'shared', include: ['tests/unit/**/*.test.ts'], exclude: aloneFiles, isolate: false },
        },
        { extends: true, test: { name: 'alone', include: aloneFiles } },
      ],
    },
  };
});
