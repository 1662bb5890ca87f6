import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The kernels' source, and the file with their compiled form. */
const kernelsSource = fileURLToPath(new URL('../engine/fast/wasm/kernels.assembly.ts', import.meta.url));
export const kernelsTarget = fileURLToPath(new URL('../engine/fast/wasm/kernelsBinary.ts', import.meta.url));

const options = ['--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert', '-O3'];
const perLine = 32;

/**
 * Compiles the kernels of the perceptron's step on wasm. The compiler runs as a program of its own, because its types
 * would change those of arrays everywhere.
 *
 * @returns the text of kernelsBinary.ts, which holds them as bytes
 * @throws Error with the compiler's messages
 */
export async function compileKernels(): Promise<string> {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
    'bin',
    'asc.js',
  );
  const folder = await mkdtemp(join(tmpdir(), 'mir-lab-kernels-'));
  try {
    const binary = join(folder, 'kernels.wasm');
    await promisify(execFile)(process.execPath, [compiler, kernelsSource, '--outFile', binary, ...options], {
      cwd: dirname(kernelsSource),
    });
    return kernelsText(await readFile(binary));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function kernelsText(binary: Uint8Array): string {
  const bytes = Array.from(binary);
  const lines = Array.from(
    { length: Math.ceil(bytes.length / perLine) },
    (_, line) => `  ${bytes.slice(line * perLine, (line + 1) * perLine).join(', ')},`,
  );
  return [
    '/** kernels.assembly.ts, compiled by `npm run build:kernels`. */',
    'export const kernelsBinary = new Uint8Array([',
    ...lines,
    ']);',
    '',
  ].join('\n');
}
