import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { softwareVulkan } from './softwareVulkan.ts';

// The processes that run the tests inherit it: the linker reads its part before any of their code runs.
Object.assign(process.env, softwareVulkan());

/** Files that lose the graphics device of their process, or put something of their own in a library's place. */
const aloneFiles = 'tests/unit/**/*.isolated.test.ts';
/** Files that put WebGPU into their process. */
const graphicsFiles = 'tests/unit/**/*.webgpu.test.ts';
/** Those of them that test single programs, with indices checked (startTestWebgpu.ts). */
const programFiles = [
  'tests/unit/engine/{programs,latent}/**/*.webgpu.test.ts',
  'tests/unit/engine/softwareKernels.webgpu.test.ts',
];

const modules = fileURLToPath(new URL('../../test-results/modules', import.meta.url));

export default defineConfig({
  test: {
    // One more than there are cores, because tests of processes and of graphics wait now and then.
    maxWorkers: availableParallelism() + 1,
    // Projects and processes need the same sources: each is translated once. `npm test` begins without any.
    experimental: { fsModuleCache: true, fsModuleCachePath: modules },
    // Tests that train take seconds on two busy cores.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      // They run in the order of their names.
      { extends: true, test: { name: 'alone', include: [aloneFiles] } },
      {
        extends: true,
        // As few processes as there are workers, each of which loads TensorFlow.js and the sources once, and compiles a program once.
        test: { name: 'graphics', include: [graphicsFiles], exclude: [aloneFiles, ...programFiles], isolate: false },
      },
      { extends: true, test: { name: 'programs', include: programFiles, isolate: false } },
      {
        extends: true,
        test: {
          name: 'shared',
          globalSetup: 'tests/unit/cli/bundledCommands.ts',
          include: ['tests/unit/**/*.test.ts'],
          exclude: [aloneFiles, graphicsFiles],
          isolate: false,
        },
      },
    ],
  },
});
