import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the commands of src/cli in one piece each: `experiment.js`. */
    commands: string;
  }
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Bundles the commands that tests start again and again. Starting them so takes half the time of what the npm scripts
 * do, which translate each file every time; what is installed is loaded from where it is.
 */
export default async function bundleCommands({ provide }: TestProject): Promise<() => void> {
  mkdirSync(join(root, 'test-results'), { recursive: true });
  // Within the package, where the commands look for what belongs to it.
  const folder = mkdtempSync(join(root, 'test-results', 'commands-'));
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      ssr: true,
      outDir: folder,
      target: 'es2023',
      rolldownOptions: {
        input: ['bench', 'experiment', 'merge'].map((name) => join(root, 'src', 'cli', `${name}.ts`)),
        output: { entryFileNames: '[name].js' },
      },
    },
  });
  provide('commands', folder);
  return () => rmSync(folder, { recursive: true });
}
